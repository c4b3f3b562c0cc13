// Package istiod builds with istiod's own code what istiod would send to the workload's proxy.
package istiod

import (
	"encoding/json"
	"fmt"
	"time"

	"istio.io/istio/pilot/pkg/config/kube/crd"
	"istio.io/istio/pkg/config"
	"istio.io/istio/pkg/config/schema/collections"
	"istio.io/istio/pkg/config/schema/resource"

	"meshproof.dev/conformance/internal/testcase"
)

// Objects without a time are as old as each other.
var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// convert turns manifests into istiod's form without validating them, as istiod does with what the API server gives it, and says what the
// validating webhook would have answered.
func convert(objects []testcase.Object, jwks string) ([]config.Config, string, error) {
	configs := make([]config.Config, 0, len(objects))
	admission := "accepted"
	for _, object := range objects {
		text, err := json.Marshal(withKeys(object, jwks))
		if err != nil {
			return nil, "", err
		}
		kind := crd.IstioKind{}
		if err := json.Unmarshal(text, &kind); err != nil {
			return nil, "", err
		}
		gvk := kind.GroupVersionKind()
		schema, known := collections.PilotGatewayAPI().FindByGroupVersionAliasesKind(resource.FromKubernetesGVK(&gvk))
		if !known {
			return nil, "", fmt.Errorf("istiod knows no kind %s", gvk)
		}
		converted, err := crd.ConvertObject(schema, &kind, "cluster.local")
		if err != nil {
			return nil, "", fmt.Errorf("%s %s: %w", kind.Kind, kind.Name, err)
		}
		if _, err := schema.ValidateConfig(*converted); err != nil && admission == "accepted" {
			admission = "rejected: " + err.Error()
		}
		if converted.CreationTimestamp.IsZero() {
			converted.CreationTimestamp = epoch
		}
		configs = append(configs, *converted)
	}
	return configs, admission, nil
}

// withKeys gives every JWT rule that names no keys those that the recorder signs with, so that nothing has to be fetched.
func withKeys(object testcase.Object, jwks string) testcase.Object {
	if object["kind"] != "RequestAuthentication" {
		return object
	}
	spec, _ := object["spec"].(map[string]any)
	rules, _ := spec["jwtRules"].([]any)
	filled := make([]any, len(rules))
	for i, entry := range rules {
		rule, isMap := entry.(map[string]any)
		if !isMap || rule["jwks"] != nil || rule["jwksUri"] != nil {
			filled[i] = entry
			continue
		}
		filled[i] = with(rule, "jwks", jwks)
	}
	if len(rules) == 0 {
		return object
	}
	return with(object, "spec", with(spec, "jwtRules", filled))
}

func with(object map[string]any, key string, value any) map[string]any {
	changed := make(map[string]any, len(object)+1)
	for k, v := range object {
		changed[k] = v
	}
	changed[key] = value
	return changed
}
