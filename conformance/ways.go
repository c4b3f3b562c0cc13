package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"sort"

	"meshproof.dev/conformance/internal/generate"
	"meshproof.dev/conformance/internal/way"
)

const wayFormat = "One set per line: `objects` besides those of `world`, and `vectors`, requests through the world's proxy with what became of them. " +
	"A sidecar and a waypoint are asked for an address `ip` and `port` (a waypoint over HBONE as `principal`), a gateway on the `port` of its pod. " +
	"Left out: mesh {} · admission accepted · protocol http · method GET · path / · plaintext (`tls`: a handshake that asks for `sni`, at a gateway " +
	"with the certificate of `principal`, then the protocol inside) · waypoint's principal cluster.local/ns/bar/sa/client. `to`: the cluster whose server got it, as the " +
	"path `as` and with the host `at` where those changed on the way. `answer`: the proxy answered itself: a status, rbac, jwt, or closed."

var worldNames = []string{"egress", "gateway", "waypoint"}

// runWays records where proxies send requests.
func runWays(ctx context.Context, folder, binary, envoyVersion, only string, check bool) error {
	worlds := map[string]way.World{}
	for _, name := range worldNames {
		world, err := way.ReadWorld(folder, name)
		if err != nil {
			return err
		}
		worlds[name] = world
	}
	scenes, err := allScenes(folder, worlds, only)
	if err != nil {
		return err
	}
	recorder, err := way.New(binary)
	if err != nil {
		return err
	}
	result, err := recorder.Record(ctx, worlds, scenes)
	if err != nil {
		return err
	}
	reportWays(result)
	if only != "" {
		return way.Print(os.Stdout, result.Sets)
	}
	out := filepath.Join(folder, "vectors")
	difference, err := way.Compare(out, result.Sets)
	if err != nil {
		return err
	}
	fmt.Printf("compared with %s: %d requests went elsewhere, %d are new, %d are gone\n", out, difference.Changed, difference.Added, difference.Removed)
	for _, name := range difference.Sets {
		fmt.Println("  differs:", name)
	}
	if check {
		if difference.Changed+difference.Added+difference.Removed > 0 {
			return fmt.Errorf("the recording differs from %s", out)
		}
		return nil
	}
	return way.Write(out, way.Header{Format: wayFormat, Istio: istioVersion(), Envoy: envoyVersion}, worlds, result.Sets)
}

func allScenes(folder string, worlds map[string]way.World, only string) ([]way.Scene, error) {
	scenes, err := way.ReadScenes(folder)
	if err != nil {
		return nil, err
	}
	scenes = append(scenes, generate.Ways(seed)...)
	expression, err := regexp.Compile(only)
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	var kept []way.Scene
	for _, scene := range scenes {
		if seen[scene.Name] {
			return nil, fmt.Errorf("two scenes are called %s", scene.Name)
		}
		seen[scene.Name] = true
		world, known := worlds[scene.World]
		if !known {
			return nil, fmt.Errorf("%s: no world %q", scene.Name, scene.World)
		}
		if err := scene.Complete(world.Proxy.Namespace); err != nil {
			return nil, err
		}
		if expression.MatchString(scene.Name) {
			kept = append(kept, scene)
		}
	}
	return kept, nil
}

func reportWays(result way.Result) {
	arrived, total := 0, 0
	for _, set := range result.Sets {
		for _, v := range set.Vectors {
			total++
			if v.To != "" {
				arrived++
			}
		}
	}
	fmt.Printf("%d sets, %d requests: %d arrived somewhere, %d did not; %d were malformed to Envoy and are left out, "+
		"and %d random scenes that the webhook would refuse\n",
		len(result.Sets), total, arrived, total-arrived, result.Malformed, result.Inadmissible)
	names := make([]string, 0, len(result.Refused))
	for name := range result.Refused {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		fmt.Printf("  Envoy refuses the listener of %s: %s\n", name, result.Refused[name])
	}
	for _, surprise := range result.Surprises {
		fmt.Println("  not as expected:", surprise)
	}
}
