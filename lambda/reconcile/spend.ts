import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { paginateQuery } from '@aws-sdk/lib-dynamodb';
import type { SpendCounter } from '../../domain/ledger';
import { spendPartition } from '../../domain/ledger';

/** Spend in credit units (10⁻⁴ credit), and images, of one month (UTC) by day of the month. */
export type MonthlySpend = ReadonlyMap<number, { readonly creditsUsed: number; readonly images: number }>;

/** @param month - `2026-11`; one query, whatever was spent */
export async function readSpend(
  client: DynamoDBDocumentClient,
  tableName: string,
  month: string,
): Promise<MonthlySpend> {
  const days = new Map<number, { creditsUsed: number; images: number }>();
  const pages = paginateQuery(
    { client },
    {
      TableName: tableName,
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': spendPartition(month) },
      ConsistentRead: true,
    },
  );
  for await (const page of pages) {
    for (const item of (page.Items ?? []) as (SpendCounter & { sk: string })[]) {
      const day = Number(item.sk.slice(0, 2));
      const sum = days.get(day) ?? { creditsUsed: 0, images: 0 };
      days.set(day, { creditsUsed: sum.creditsUsed + item.creditsUsed, images: sum.images + item.images });
    }
  }
  return days;
}

export function total(spend: MonthlySpend): { creditsUsed: number; images: number } {
  let [creditsUsed, images] = [0, 0];
  for (const day of spend.values()) {
    creditsUsed += day.creditsUsed;
    images += day.images;
  }
  return { creditsUsed, images };
}

export const monthOf = (at: number): string => new Date(at).toISOString().slice(0, 7);

/** Both included, in order: `2026-11`, `2026-12`, `2027-01`. */
export function monthsBetween(first: string, last: string): string[] {
  const months: string[] = [];
  for (let month = first; month <= last; month = monthOf(Date.UTC(+month.slice(0, 4), +month.slice(5), 1))) {
    months.push(month);
  }
  return months;
}
