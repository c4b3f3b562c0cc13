import { describeLiveCluster } from './contract.ts';
import { startRealApiServer } from './real-api-server.ts';

describeLiveCluster('a cluster behind a real API server', () => startRealApiServer(process.env.KUBE_BIN ?? ''));
