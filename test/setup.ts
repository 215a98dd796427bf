/** No unit test may reach a real cloud by accident: credentials and region are fixed and useless. */
process.env.AWS_REGION ??= 'us-east-1';
process.env.AWS_EC2_METADATA_DISABLED = 'true';
// The default of the command line, not that of somebody's shell.
delete process.env.EVOLINK_IMAGES_STACK;
