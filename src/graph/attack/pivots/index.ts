import { beClusterAdmin } from './be-cluster-admin.ts';
import { createTokens } from './create-tokens.ts';
import { createWorkloads } from './create-workloads.ts';
import { divertRequests } from './divert-requests.ts';
import { editAuthorization, editMeshPolicy, runInProxies } from './edit-mesh-policy.ts';
import { editNamespaces } from './edit-namespaces.ts';
import { escapeToNode } from './escape-to-node.ts';
import { extendRights } from './extend-rights.ts';
import { impersonate } from './impersonate.ts';
import { nameAccounts } from './name-accounts.ts';
import type { Pivot } from './pivot.ts';
import { readSecrets } from './read-secrets.ts';
import { approveCertificates, editWebhooks, mountNodeDisks, useKubelets } from './rule-cluster.ts';
import { runInPods } from './run-in-pods.ts';
import { startPrivilegedPods } from './start-privileged-pods.ts';
import { takePodsOfNode, useNodeNetwork } from './use-node.ts';

/** The catalogue: a new pivot is one file and one line here. */
export const PIVOTS: readonly Pivot[] = [
  createWorkloads,
  runInPods,
  createTokens,
  nameAccounts,
  readSecrets,
  impersonate,
  extendRights,
  runInProxies,
  editAuthorization,
  divertRequests,
  editMeshPolicy,
  editNamespaces,
  editWebhooks,
  useKubelets,
  approveCertificates,
  mountNodeDisks,
  beClusterAdmin,
  startPrivilegedPods,
  escapeToNode,
  takePodsOfNode,
  useNodeNetwork,
];
