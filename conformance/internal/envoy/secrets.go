package envoy

import (
	"encoding/json"
	"os"
	"path/filepath"

	core "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	tls "github.com/envoyproxy/go-control-plane/envoy/extensions/transport_sockets/tls/v3"
)

// The names in those files: the agent's own. Gateways ask for those of their credentials, and get the same.
const certificateName, rootName = "default", "ROOTCA"

// Secrets are the files that take the place of the agent's secret discovery service.
type Secrets struct {
	folder, certificate, root string
}

// WriteSecrets writes the workloads' certificate and the root that signs clients.
func WriteSecrets(folder string, certificate, key, root []byte) (Secrets, error) {
	s := Secrets{folder: folder, certificate: filepath.Join(folder, "certificate.json"), root: filepath.Join(folder, "root.json")}
	if err := writeCertificate(s.certificate, certificate, key); err != nil {
		return s, err
	}
	return s, writeSecret(s.root, rootName, "validation_context", map[string]any{
		"trusted_ca": map[string]any{"inline_string": string(root)},
	})
}

// WithCertificate are the same with another certificate, in a file of that name.
func (s Secrets) WithCertificate(name string, certificate, key []byte) (Secrets, error) {
	s.certificate = filepath.Join(s.folder, name+".json")
	return s, writeCertificate(s.certificate, certificate, key)
}

func writeCertificate(file string, certificate, key []byte) error {
	return writeSecret(file, certificateName, "tls_certificate", map[string]any{
		"certificate_chain": map[string]any{"inline_string": string(certificate)},
		"private_key":       map[string]any{"inline_string": string(key)},
	})
}

func writeSecret(file, name, kind string, value any) error {
	text, err := json.Marshal(map[string]any{"resources": []any{map[string]any{
		"@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret",
		"name":  name,
		kind:    value,
	}}})
	if err != nil {
		return err
	}
	return os.WriteFile(file, text, 0o600)
}

func (s Secrets) serve(context *tls.CommonTlsContext) {
	for _, secret := range context.GetTlsCertificateSdsSecretConfigs() {
		secret.Name, secret.SdsConfig = certificateName, fromFile(s.certificate)
	}
	if secret := context.GetValidationContextSdsSecretConfig(); secret != nil {
		secret.Name, secret.SdsConfig = rootName, fromFile(s.root)
	}
	if secret := context.GetCombinedValidationContext().GetValidationContextSdsSecretConfig(); secret != nil {
		secret.Name, secret.SdsConfig = rootName, fromFile(s.root)
	}
}

func fromFile(file string) *core.ConfigSource {
	return &core.ConfigSource{
		ResourceApiVersion: core.ApiVersion_V3,
		ConfigSourceSpecifier: &core.ConfigSource_PathConfigSource{
			PathConfigSource: &core.PathConfigSource{Path: file},
		},
	}
}
