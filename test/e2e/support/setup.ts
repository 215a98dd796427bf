/** A job takes seconds, and each wait inside a test has a limit of its own with a better message than jest's. */
jest.setTimeout(180_000);
