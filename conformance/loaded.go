package main

import (
	"fmt"

	"meshproof.dev/conformance/internal/loaded"
	"meshproof.dev/conformance/internal/testcase"
)

const loadedFormat = "One set per line, of the set of the same name in vectors/: what istiod sends to the sidecar. `chains` of its inbound listener with the " +
	"numbers of their `filters`; filters that decide nothing are their name alone, keys are left out."

// recordLoaded writes down what istiod sends to the sidecar of each case. No Envoy is needed.
func recordLoaded(folder string, cases []testcase.Case, check bool) error {
	var sets []loaded.Set
	for _, c := range cases {
		if c.Client != nil {
			continue
		}
		set, err := loaded.Build(c, `{"keys":[]}`)
		if err != nil {
			return err
		}
		sets = append(sets, set)
	}
	header := loaded.Header{Format: loadedFormat, Istio: istioVersion()}
	differs, err := loaded.Differs(folder, header, sets)
	if err != nil {
		return err
	}
	fmt.Printf("compared with %s: %d of %d sidecars are sent something else\n", folder, len(differs), len(sets))
	if check && len(differs) > 0 {
		return fmt.Errorf("what istiod sends differs from %s", folder)
	}
	if check {
		return nil
	}
	return loaded.Write(folder, header, sets)
}
