import { isObject } from '../../model/shape.ts';
import { ApiError, type ApiClient } from './api-client.ts';
import { ExchangeError } from './exchange.ts';

export interface Access {
  readonly verb: 'get' | 'list';
  readonly group: string;
  readonly resource: string;
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
}

/**
 * Whether the user may do it, as the API server itself answers; undefined where it does not say. A 403 alone is no verdict: API servers
 * that start answer so for some seconds.
 */
export async function isAllowed(client: ApiClient, access: Access): Promise<boolean | undefined> {
  const { verb, group, resource, namespace, name } = access;
  try {
    const review = await client.review('/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      spec: {
        resourceAttributes: {
          verb,
          group,
          resource,
          ...(namespace === undefined ? {} : { namespace }),
          ...(name === undefined ? {} : { name }),
        },
      },
    });
    const allowed = isObject(review.status) ? review.status.allowed : undefined;
    return typeof allowed === 'boolean' ? allowed : undefined;
  } catch (error) {
    if (error instanceof ApiError || error instanceof ExchangeError) return undefined;
    throw error;
  }
}
