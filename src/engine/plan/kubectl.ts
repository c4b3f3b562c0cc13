import { quote } from '../../util/quote.ts';

/** The command for a cluster: one that is given a name is a context of that name. */
export const kubectl = (cluster = ''): string => (cluster ? `kubectl --context ${quote(cluster)}` : 'kubectl');
