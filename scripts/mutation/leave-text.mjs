// Text for people, told by its spaces, is not behaviour that a mutant should change.
const isText = ({ node }) =>
  (node.type === 'StringLiteral' && node.value.includes(' ')) ||
  (node.type === 'TemplateLiteral' && node.quasis.some(({ value }) => value.raw.includes(' ')));

const shouldIgnore = (path) => (isText(path) ? 'text for people' : undefined);

export const strykerPlugins = [{ kind: 'Ignore', name: 'text', value: { shouldIgnore } }];
