/** What stands in the place of a credential that was not kept; those that are compared have a number after it. */
export const REDACTED = 'REDACTED';
