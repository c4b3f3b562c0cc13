import { CLIENT_SCENES } from './client-scenes.ts';
import { gatewayApiScenes } from './gateway-api-scenes.ts';
import { gatewayBytesScenes } from './gateway-bytes-scenes.ts';
import { GATEWAY_SCENES } from './gateway-scenes.ts';
import { gatewayTlsScenes } from './gateway-tls-scenes.ts';
import { gatewayTokenScenes } from './gateway-token-scenes.ts';
import { gatewayTrustScenes } from './gateway-trust-scenes.ts';
import { POLICY_SCENES } from './policy-scenes.ts';
import { PORT_SCENES } from './port-scenes.ts';
import type { Scene } from './scene.ts';
import type { Credentials } from './send-request.ts';
import { tokenScenes } from './token-scenes.ts';
import type { Issuer } from './tokens.ts';

/** What is compared with the model, one after the other. */
export const scenesWith = (issuer: Issuer): readonly Scene[] => [
  ...POLICY_SCENES,
  ...tokenScenes(issuer),
  ...CLIENT_SCENES,
  ...PORT_SCENES,
];

/** What comes through the gateway. */
export const gatewayScenesWith = (credentials: Credentials): readonly Scene[] => [
  ...GATEWAY_SCENES,
  ...gatewayTlsScenes(credentials),
  ...gatewayApiScenes(credentials),
  ...gatewayTokenScenes(credentials),
  ...gatewayBytesScenes(credentials),
  ...gatewayTrustScenes(credentials),
];
