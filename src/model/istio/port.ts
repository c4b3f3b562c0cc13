import { number, object, string } from '../shape.ts';

/** A port of a Gateway server, or of a Sidecar listener. */
export const serverPort = object({ number, protocol: string, name: string, targetPort: number }, { strict: true });

/** A port of a route's destination. */
export const portSelector = object({ number }, { strict: true });
