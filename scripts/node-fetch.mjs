// In place of the package node-fetch, which the cluster client imports for calls that are not made here: Node's own.
export default globalThis.fetch;
export const { FormData, Headers, Request, Response } = globalThis;
