/** Brings node_modules and dist up to date. Throws an error whose message a user can act on. */
export function bootstrap(root: string): void;
