package main

import (
	"encoding/json"
	"fmt"
	"path/filepath"

	"meshproof.dev/conformance/internal/istiod"
	"meshproof.dev/conformance/internal/loaded"
	"meshproof.dev/conformance/internal/probe"
	"meshproof.dev/conformance/internal/testcase"
	"meshproof.dev/conformance/internal/way"
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
	return keepSent(filepath.Join(folder, "filters.jsonl.gz"), loadedFormat, sets, check)
}

const servedFormat = "One set per line, of the set of the same name in ways/vectors: what istiod sends to the gateway or waypoint. `chains` of its listeners with " +
	"the numbers of their `filters` (in one that ends HTTP `http`, and the routes by name or whole; of TCP where it leads), and the `routes` by name: of each what it " +
	"matches and where it leads. Keys are left out."

// recordServed writes down what istiod sends to the gateways and waypoints of the scenes. No Envoy is needed.
func recordServed(folder, ways string, check bool) error {
	worlds := map[string]way.World{}
	for _, name := range worldNames {
		world, err := way.ReadWorld(ways, name)
		if err != nil {
			return err
		}
		worlds[name] = world
	}
	scenes, err := allScenes(ways, worlds, "")
	if err != nil {
		return err
	}
	authority, err := probe.NewAuthority()
	if err != nil {
		return err
	}
	certificate, key, err := authority.IssuePEM("credential")
	if err != nil {
		return err
	}
	var sets []loaded.Served
	for _, scene := range scenes {
		if scene.World == "egress" {
			continue
		}
		world := worlds[scene.World]
		meshText, err := json.Marshal(scene.Mesh)
		if err != nil {
			return err
		}
		objects := append(append(world.Objects[:0:0], world.Objects...), scene.Objects...)
		whole, err := istiod.BuildWhole(string(meshText), objects, world.Proxy, istiod.Keys{JWKS: `{"keys":[]}`, Certificate: certificate, Key: key})
		if err != nil {
			return fmt.Errorf("%s: %w", scene.Name, err)
		}
		if scene.Random && whole.Admission != "accepted" {
			continue
		}
		set, err := loaded.Keep(scene.Name, whole)
		if err != nil {
			return err
		}
		sets = append(sets, set)
	}
	return keepSent(filepath.Join(folder, "served.jsonl.gz"), servedFormat, sets, check)
}

func keepSent[T loaded.Named](file, format string, sets []T, check bool) error {
	header := loaded.Header{Format: format, Istio: istioVersion()}
	differs, err := loaded.Differs(file, header, sets)
	if err != nil {
		return err
	}
	fmt.Printf("compared with %s: %d of %d proxies are sent something else\n", file, len(differs), len(sets))
	if check && len(differs) > 0 {
		return fmt.Errorf("what istiod sends differs from %s", file)
	}
	if check {
		return nil
	}
	return loaded.Write(file, header, sets)
}
