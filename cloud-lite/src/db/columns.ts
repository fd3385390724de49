/** Columns are snake_case in SQL and camelCase here. Times are UTC ms, JSON is text, booleans are 0/1. */
export type Millis = number;
export type JsonText = string;
export type Flag = 0 | 1;

/** Every table and every key begins with the organisation. */
export interface Owned {
  organisationId: string;
}
