// Package way records where proxies send requests: which cluster they pick, or how they answer themselves.
package way

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"sigs.k8s.io/yaml"

	"meshproof.dev/conformance/internal/istiod"
	"meshproof.dev/conformance/internal/testcase"
)

// World is what all scenes of a kind of proxy have around them.
type World struct {
	Proxy   istiod.Proxy      `json:"proxy"`
	Objects []testcase.Object `json:"objects"`
}

// Scene is a mesh around one proxy, and requests that are sent through it.
type Scene struct {
	Name string `json:"name"`
	// About says what the scene shows: the surprise that it pins.
	About    string            `json:"about,omitempty"`
	Mesh     map[string]any    `json:"mesh,omitempty"`
	Objects  []testcase.Object `json:"objects"`
	Requests []Request         `json:"requests"`
	// Random scenes are kept only where the webhook accepts them.
	Random bool `json:"-"`
	// Area is the file that the scene stands in; World the one with its proxy.
	Area  string `json:"-"`
	World string `json:"-"`
}

// Request is one attempt. At a sidecar and at a waypoint it goes to an address, at a gateway to a port of its pod.
type Request struct {
	IP   string `json:"ip,omitempty"`
	Port int    `json:"port"`
	// Protocol is http (the default) or tcp.
	Protocol string `json:"protocol,omitempty"`
	// TLS begins with a handshake that asks for SNI; inside it come HTTP or bytes.
	TLS bool   `json:"tls,omitempty"`
	SNI string `json:"sni,omitempty"`
	// Principal is that of the client's certificate.
	Principal string            `json:"principal,omitempty"`
	Method    string            `json:"method,omitempty"`
	Path      string            `json:"path,omitempty"`
	Host      string            `json:"host,omitempty"`
	Headers   []testcase.Header `json:"headers,omitempty"`
	JWT       map[string]any    `json:"jwt,omitempty"`
	// Expect is the cluster that the author took for granted, or what stands in `answer`. The recording wins.
	Expect string `json:"expect,omitempty"`
}

// Vector is a request and what became of it.
type Vector struct {
	Request
	// To is the cluster that it arrived at.
	To string `json:"to,omitempty"`
	// Answer is what the proxy did itself: a status, `rbac`, `jwt`, or `closed`.
	Answer string `json:"answer,omitempty"`
	// As and At are its path and its host as they arrived, where they are not as they were sent.
	As string `json:"as,omitempty"`
	At string `json:"at,omitempty"`
}

// Set is a scene with what came of its requests.
type Set struct {
	Name      string            `json:"set"`
	About     string            `json:"about,omitempty"`
	Admission string            `json:"admission,omitempty"`
	Mesh      map[string]any    `json:"mesh,omitempty"`
	Objects   []testcase.Object `json:"objects"`
	Vectors   []Vector          `json:"vectors"`
	area      string
	world     string
}

// ReadWorld reads the file of a kind of proxy.
func ReadWorld(folder, name string) (World, error) {
	text, err := os.ReadFile(filepath.Join(folder, "worlds", name+".yaml"))
	if err != nil {
		return World{}, err
	}
	var world World
	if err := yaml.UnmarshalStrict(text, &world); err != nil {
		return World{}, fmt.Errorf("%s: %w", name, err)
	}
	for i := range world.Objects {
		if err := testcase.CompleteObject(world.Objects[i], fmt.Sprintf("o%d", i+1), world.Proxy.Namespace); err != nil {
			return World{}, fmt.Errorf("%s: object %d: %w", name, i+1, err)
		}
	}
	return world, nil
}

// ReadScenes reads what is written by hand; a file is an area, and its name begins with that of its world.
func ReadScenes(folder string) ([]Scene, error) {
	files, err := filepath.Glob(filepath.Join(folder, "*.yaml"))
	if err != nil {
		return nil, err
	}
	sort.Strings(files)
	var scenes []Scene
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		area := strings.TrimSuffix(filepath.Base(file), ".yaml")
		world, _, _ := strings.Cut(area, "-")
		for i, document := range bytes.Split(append([]byte("\n"), text...), []byte("\n---\n")) {
			s := Scene{Area: area, World: world}
			if err := yaml.UnmarshalStrict(document, &s); err != nil {
				return nil, fmt.Errorf("%s, document %d: %w", area, i+1, err)
			}
			scenes = append(scenes, s)
		}
	}
	return scenes, nil
}

// Complete fills in names, namespaces and versions of objects.
func (s *Scene) Complete(namespace string) error {
	for i, object := range s.Objects {
		if err := testcase.CompleteObject(object, fmt.Sprintf("o%d", i+1), namespace); err != nil {
			return fmt.Errorf("%s: object %d: %w", s.Name, i+1, err)
		}
	}
	return nil
}
