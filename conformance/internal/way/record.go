package way

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"meshproof.dev/conformance/internal/envoy"
	"meshproof.dev/conformance/internal/istiod"
	"meshproof.dev/conformance/internal/probe"
	"meshproof.dev/conformance/internal/stub"
)

// Recorder holds what all scenes of one run share.
type Recorder struct {
	binary    string
	authority *probe.Authority
	signer    *probe.Signer
	backends  *stub.Backends
}

// Result is a recording and what is to be said about it.
type Result struct {
	Sets []Set
	// Refused are scenes of which Envoy did not take a listener, with the reason.
	Refused map[string]string
	// Malformed counts requests that Envoy refused to read; they are not recorded.
	Malformed int
	// Inadmissible counts random scenes that the webhook would refuse; they are not recorded.
	Inadmissible int
	// Surprises are requests that came out otherwise than their author took for granted.
	Surprises []string
}

// New makes keys.
func New(binary string) (*Recorder, error) {
	authority, err := probe.NewAuthority()
	if err != nil {
		return nil, err
	}
	signer, err := probe.NewSigner()
	if err != nil {
		return nil, err
	}
	elsewhere, err := probe.NewAuthority()
	if err != nil {
		return nil, err
	}
	certificate, err := elsewhere.Issue("application")
	if err != nil {
		return nil, err
	}
	return &Recorder{binary: binary, authority: authority, signer: signer, backends: stub.NewBackends(certificate)}, nil
}

// Record runs all scenes, one after the other, each with an Envoy of its own.
func (r *Recorder) Record(ctx context.Context, worlds map[string]World, scenes []Scene) (Result, error) {
	result := Result{Refused: map[string]string{}}
	for i, scene := range scenes {
		ip := fmt.Sprintf("127.70.%d.%d", i/250, 1+i%250)
		if err := r.recordScene(ctx, worlds[scene.World], scene, ip, &result); err != nil {
			return result, fmt.Errorf("%s: %w", scene.Name, err)
		}
	}
	return result, nil
}

func (r *Recorder) recordScene(ctx context.Context, world World, scene Scene, ip string, result *Result) error {
	meshText, err := json.Marshal(scene.Mesh)
	if err != nil {
		return err
	}
	ofGateways, keyOfGateways, err := r.authority.IssuePEM("credential")
	if err != nil {
		return err
	}
	objects := append(append(world.Objects[:0:0], world.Objects...), scene.Objects...)
	whole, err := istiod.BuildWhole(string(meshText), objects, world.Proxy, istiod.Keys{
		JWKS: r.signer.JWKS(), Certificate: ofGateways, Key: keyOfGateways,
	})
	if err != nil {
		return err
	}
	if scene.Random && whole.Admission != "accepted" {
		result.Inadmissible++
		return nil
	}
	folder, err := os.MkdirTemp("", "conformance")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	principal := fmt.Sprintf("cluster.local/ns/%s/sa/%s", world.Proxy.Namespace, world.Proxy.ServiceAccount)
	certificate, key, err := r.authority.IssuePEM(principal)
	if err != nil {
		return err
	}
	secrets, err := envoy.WriteSecrets(folder, certificate, key, r.authority.Root())
	if err != nil {
		return err
	}
	listeners, err := envoy.PatchWhole(whole, ip, secrets)
	if err != nil {
		return err
	}
	clusters, err := envoy.ClustersTold(whole.Clusters, r.backends.Of)
	if err != nil {
		return err
	}
	process, refused, err := envoy.StartWhole(ctx, r.binary, folder, listeners, clusters)
	if err != nil {
		return err
	}
	defer process.Stop()
	for name, why := range refused {
		result.Refused[scene.Name] = name + ": " + why
		return nil
	}
	set := Set{Name: scene.Name, About: scene.About, Mesh: scene.Mesh, Objects: scene.Objects, area: scene.Area, world: scene.World}
	if whole.Admission != "accepted" {
		set.Admission = whole.Admission
	}
	for n, request := range scene.Requests {
		got, err := r.send(ctx, world.Proxy.Kind, ip, request)
		if err != nil {
			return fmt.Errorf("request %d: %w", n+1, err)
		}
		if got.answer == "400" {
			result.Malformed++
			continue
		}
		if request.Expect != "" && request.Expect != got.to+got.answer {
			result.Surprises = append(result.Surprises, fmt.Sprintf("%s request %d: %s%s, not %s", scene.Name, n+1, got.to, got.answer, request.Expect))
		}
		request.Expect = ""
		set.Vectors = append(set.Vectors, Vector{Request: request, To: got.to, Answer: got.answer, As: got.as, At: got.at})
	}
	if len(set.Vectors) > 0 {
		result.Sets = append(result.Sets, set)
	}
	return nil
}
