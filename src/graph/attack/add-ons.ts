import type { Workload } from '../../model/inventory/types.ts';
import type { Sensitivity } from '../../result/status.ts';

export interface AddOn {
  readonly name: string;
  readonly level: Sensitivity;
  readonly why: string;
}

interface Sign extends AddOn {
  readonly image: RegExp;
}

/** Tools that show or steer the mesh and hold more than their name says. */
const SIGNS: readonly Sign[] = [
  {
    name: 'Kiali',
    level: 'high',
    why: 'shows who calls whom, and may change the configuration of the mesh',
    image: /(^|\/)kiali([:@]|$)/,
  },
  {
    name: 'Kubernetes Dashboard',
    level: 'high',
    why: 'acts in the cluster for its users',
    image: /(^|\/)(kubernetesui\/)?dashboard(-api|-web)?([:@]|$)|(^|\/)headlamp([:@]|$)/,
  },
  {
    name: 'Vault',
    level: 'critical',
    why: 'hands out the secrets of others',
    image: /(^|\/)(hashicorp\/vault|vault|openbao)([:@]|$)/,
  },
  {
    name: 'an identity provider',
    level: 'critical',
    why: 'issues the tokens of users',
    image: /(^|\/)(keycloak|dex|hydra|zitadel|authentik|authelia)([:@]|$)/,
  },
  {
    name: 'Prometheus',
    level: 'medium',
    why: 'knows every service and its traffic',
    image: /(^|\/)(prometheus|thanos|mimir|victoria-metrics)([:@]|$)/,
  },
  {
    name: 'Grafana',
    level: 'medium',
    why: 'holds credentials of its data sources',
    image: /(^|\/)grafana([:@]|$)/,
  },
  {
    name: 'a store of traces or logs',
    level: 'medium',
    why: 'keeps what requests carried',
    image:
      /(^|\/)(jaeger|all-in-one|jaeger-collector|jaeger-query|tempo|zipkin|loki|opentelemetry-collector(-contrib)?)([:@]|$)/,
  },
];

/** The add-on that a workload is, by the image that it runs. */
export function addOnOf({ containers }: Workload): AddOn | undefined {
  const images = containers.filter(({ init }) => !init).map(({ image }) => image.replace(/@.*$/, ''));
  return SIGNS.find(({ image }) => images.some((each) => image.test(each)));
}
