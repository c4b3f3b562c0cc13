import { boolean, type Infer, list, object, oneOf, string } from '../shape.ts';

const tlsVersion = oneOf('TLS_AUTO', 'TLSV1_0', 'TLSV1_1', 'TLSV1_2', 'TLSV1_3');

/** `tls` of a Gateway server or Sidecar ingress listener. Certificates and keys are names of files or Secrets, never their content. */
export const serverTls = object(
  {
    mode: oneOf('PASSTHROUGH', 'SIMPLE', 'MUTUAL', 'AUTO_PASSTHROUGH', 'ISTIO_MUTUAL', 'OPTIONAL_MUTUAL'),
    httpsRedirect: boolean,
    credentialName: string,
    credentialNames: list(string),
    caCertCredentialName: string,
    serverCertificate: string,
    privateKey: string,
    caCertificates: string,
    caCrl: string,
    tlsCertificates: list(
      object({ caCertificates: string, privateKey: string, serverCertificate: string }, { strict: true }),
    ),
    subjectAltNames: list(string),
    verifyCertificateSpki: list(string),
    verifyCertificateHash: list(string),
    insecureSkipVerify: boolean,
    minProtocolVersion: tlsVersion,
    maxProtocolVersion: tlsVersion,
    cipherSuites: list(string),
    ecdhCurves: list(string),
  },
  { strict: true },
);

export type ServerTls = Infer<typeof serverTls>;
