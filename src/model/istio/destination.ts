import { type Infer, object, string } from '../shape.ts';
import { portSelector } from './port.ts';

/** Where a route, mirror or egress proxy sends. */
export const destination = object({ host: string, subset: string, port: portSelector }, { strict: true });

export type Destination = Infer<typeof destination>;
