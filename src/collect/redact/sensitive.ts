const WORDS =
  'authorization|cookie|api-?key|token|secret|password|passwd|passphrase|pwd|credentials?|private-?key|access-?key|signature';
const NAME = new RegExp(`(^|[-_.:/])(${WORDS.replaceAll('-?', '[-_]?')})$`, 'i');

/** Whether what is called so holds a secret: `x-api-key`, `accessToken`, `DB_PASSWORD`; but not `secretName` or `tokenPath`. */
export function isSensitiveName(name: string): boolean {
  return NAME.test(name.replaceAll(/([a-z0-9])([A-Z])/g, '$1-$2'));
}
