/** What a gateway makes of connections to one of its ports, read of a dump or worked out. */
export interface Serving {
  /** By the name that the client asks for in TLS; `*`: any, and none. */
  readonly names: ReadonlyMap<string, Terms>;
  /** By `name host`, where a request for the host may go: clusters and `answer`. */
  readonly hosts: ReadonlyMap<string, Leads>;
}

export interface Terms {
  readonly reads: 'http' | 'bytes';
  /** Null: no TLS ends here. */
  readonly tls: TlsTerms | null;
}

export interface TlsTerms {
  readonly asksFor: 'no certificate' | 'a certificate if there is one' | 'a certificate';
  /** Whose certificates; `mesh`: those of the mesh. */
  readonly ca: 'mesh' | 'other';
  readonly names: readonly string[];
  /** Only certificates of a stated hash. */
  readonly pinned: boolean;
  /** Also certificates that no CA vouches for. */
  readonly untrusted: boolean;
  /** Undefined: nobody says. */
  readonly minVersion: string | undefined;
}

/** Undefined: what it leads to is not known. */
export type Leads = { readonly redirects: boolean; readonly to: readonly string[] } | undefined;

/** In words; the same words for the same terms. */
export function describeTerms({ reads, tls }: Terms): string {
  const content = reads === 'http' ? 'reads HTTP' : 'passes bytes on';
  if (!tls) return reads === 'http' ? 'reads HTTP in plaintext' : 'passes on what comes';
  const { asksFor, ca, names, pinned, untrusted } = tls;
  const whose =
    asksFor === 'no certificate'
      ? ''
      : [
          ca === 'mesh' ? ' of the mesh' : '',
          names.length > 0 ? ` named ${[...names].sort().join(' or ')}` : '',
          pinned ? ' of a stated hash' : '',
          untrusted ? ', trusted or not' : '',
        ].join('');
  return `ends TLS, asks for ${asksFor}${whose}, and ${content}`;
}
