/** Errors as the SDK throws them: same classes, same names, same fields. */
import {
  ConditionalCheckFailedException,
  DynamoDBServiceException,
  ResourceNotFoundException,
  TransactionCanceledException,
} from '@aws-sdk/client-dynamodb';

const $metadata = { httpStatusCode: 400, requestId: 'memory', attempts: 1, totalRetryDelay: 0 };

export function validationError(message: string): Error {
  return new DynamoDBServiceException({ name: 'ValidationException', $fault: 'client', message, $metadata });
}

export function conditionFailed(): Error {
  return new ConditionalCheckFailedException({ message: 'The conditional request failed', $metadata });
}

/** A transaction in progress holds the item that a plain write wants to change. */
export function transactionConflict(): Error {
  const message = 'Transaction is ongoing for the item';
  return new DynamoDBServiceException({ name: 'TransactionConflictException', $fault: 'client', message, $metadata });
}

export function tableNotFound(): Error {
  return new ResourceNotFoundException({ message: 'Requested resource not found', $metadata });
}

/** @param codes one for each item of the transaction; `None` where nothing spoke against it */
export function transactionCancelled(codes: readonly string[]): Error {
  return new TransactionCanceledException({
    message: `Transaction cancelled, please refer cancellation reasons for specific reasons [${codes.join(', ')}]`,
    CancellationReasons: codes.map((Code) => ({ Code })),
    $metadata,
  });
}
