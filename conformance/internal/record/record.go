// Package record runs cases through istiod and Envoy and keeps what came of them.
package record

import (
	"context"
	"fmt"
	"os"
	"reflect"
	"sort"
	"sync"

	cluster "github.com/envoyproxy/go-control-plane/envoy/config/cluster/v3"
	listener "github.com/envoyproxy/go-control-plane/envoy/config/listener/v3"

	"meshproof.dev/conformance/internal/envoy"
	"meshproof.dev/conformance/internal/probe"
	"meshproof.dev/conformance/internal/stub"
	"meshproof.dev/conformance/internal/testcase"
	"meshproof.dev/conformance/internal/vector"
)

// Recorder holds what all recordings of one run share.
type Recorder struct {
	EnvoyBinary string
	Log         func(format string, values ...any)

	prober  *probe.Prober
	servers *stub.Servers
}

// Result is a recording and what is to be said about it.
type Result struct {
	Sets []vector.Set
	// Refused are cases whose listener Envoy did not take, with the reason.
	Refused map[string]string
	// Malformed counts requests that Envoy refused to read; they are not recorded.
	Malformed int
	// Surprises are requests that came out otherwise than their author took for granted.
	Surprises []string
}

// One Envoy takes so many listeners at a time.
const batchSize = 300

// New starts the servers and makes keys.
func New(envoyBinary string, log func(string, ...any)) (*Recorder, error) {
	authority, err := probe.NewAuthority()
	if err != nil {
		return nil, err
	}
	signer, err := probe.NewSigner()
	if err != nil {
		return nil, err
	}
	// The application has no certificate of the mesh.
	elsewhere, err := probe.NewAuthority()
	if err != nil {
		return nil, err
	}
	certificate, err := elsewhere.Issue("application")
	if err != nil {
		return nil, err
	}
	servers, err := stub.Start(certificate)
	if err != nil {
		return nil, err
	}
	return &Recorder{
		EnvoyBinary: envoyBinary,
		Log:         log,
		prober:      &probe.Prober{Authority: authority, Signer: signer},
		servers:     servers,
	}, nil
}

// Record runs all cases.
func (r *Recorder) Record(ctx context.Context, cases []testcase.Case) (Result, error) {
	result := Result{Refused: map[string]string{}}
	for start := 0; start < len(cases); start += batchSize {
		batch := cases[start:min(start+batchSize, len(cases))]
		if err := r.recordBatch(ctx, batch, start, &result); err != nil {
			return result, err
		}
		r.Log("%d of %d cases", min(start+batchSize, len(cases)), len(cases))
	}
	sort.Strings(result.Surprises)
	return result, nil
}

func (r *Recorder) recordBatch(ctx context.Context, cases []testcase.Case, offset int, result *Result) error {
	folder, err := os.MkdirTemp("", "conformance")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	certificate, key, err := r.prober.Authority.IssuePEM("cluster.local/ns/foo/sa/httpbin")
	if err != nil {
		return err
	}
	secrets, err := envoy.WriteSecrets(folder, certificate, key, r.prober.Authority.Root())
	if err != nil {
		return err
	}
	scenes := make([]*scene, len(cases))
	err = inParallel(len(cases), 2, func(i int) error {
		built, err := r.build(cases[i], offset+i, secrets)
		scenes[i] = built
		return err
	})
	if err != nil {
		return err
	}
	var listeners []*listener.Listener
	var clusters []*cluster.Cluster
	for _, s := range scenes {
		listeners = append(listeners, s.listeners...)
		clusters = append(clusters, s.clusters...)
	}
	process, refused, err := envoy.Start(ctx, r.EnvoyBinary, folder, listeners, clusters, envoy.Upstreams{
		PlainApp: r.servers.PlainApp, TLSApp: r.servers.TLSApp,
		HTTPAuthorizer: r.servers.HTTPAuthorizer, GRPCAuthorizer: r.servers.GRPCAuthorizer,
	})
	if err != nil {
		return err
	}
	defer process.Stop()
	kept := scenes[:0:0]
	for _, s := range scenes {
		if why := s.whyRefused(refused); why != "" {
			result.Refused[s.Name] = why
			continue
		}
		kept = append(kept, s)
	}
	if err := r.ask(ctx, kept); err != nil {
		return err
	}
	for _, s := range kept {
		result.add(s)
	}
	return nil
}

// ask sends all requests; where an authorizer is asked, a second time with one that refuses.
func (r *Recorder) ask(ctx context.Context, scenes []*scene) error {
	r.servers.Approve(true)
	err := inParallel(len(scenes), 8, func(i int) (err error) {
		scenes[i].outcomes, err = r.send(ctx, scenes[i])
		return err
	})
	if err != nil {
		return err
	}
	r.servers.Approve(false)
	return inParallel(len(scenes), 8, func(i int) (err error) {
		if scenes[i].AsksAuthorizer() {
			scenes[i].refusals, err = r.send(ctx, scenes[i])
		}
		return err
	})
}

func (r *Recorder) send(ctx context.Context, s *scene) ([]probe.Outcome, error) {
	outcomes := make([]probe.Outcome, len(s.Requests))
	for i, request := range s.Requests {
		outcome, err := r.prober.Send(ctx, s.address, request)
		if err != nil {
			return nil, fmt.Errorf("%s request %d: %w", s.Name, i+1, err)
		}
		outcomes[i] = outcome
	}
	return outcomes, nil
}

func (result *Result) add(s *scene) {
	set := vector.Set{Name: s.Name, Area: s.Area, About: s.About, Mesh: s.Mesh, Workload: s.Workload, Client: s.Client, Policies: s.Policies}
	if s.admission != "accepted" {
		set.Admission = s.admission
	}
	if reflect.DeepEqual(*s.Workload, testcase.DefaultWorkload()) {
		set.Workload = nil
	}
	for i, request := range s.Requests {
		outcome := s.outcomes[i]
		if outcome.Verdict == "malformed" {
			result.Malformed++
			continue
		}
		if request.Expect != "" && request.Expect != outcome.Verdict {
			result.Surprises = append(result.Surprises, fmt.Sprintf("%s request %d: %s, not %s", s.Name, i+1, outcome.Verdict, request.Expect))
		}
		request.Expect = ""
		v := vector.Vector{Request: request, Verdict: outcome.Verdict, By: outcome.By}
		v.Asks = s.refusals != nil && outcome.Verdict == "allow" && s.refusals[i].Verdict == "deny"
		set.Vectors = append(set.Vectors, v)
	}
	if len(set.Vectors) > 0 {
		result.Sets = append(result.Sets, set)
	}
}

// inParallel calls work for 0 to n-1 and answers the first error.
func inParallel(n, workers int, work func(int) error) error {
	next := make(chan int)
	var group sync.WaitGroup
	var once sync.Once
	var first error
	for range workers {
		group.Add(1)
		go func() {
			defer group.Done()
			for i := range next {
				if err := work(i); err != nil {
					once.Do(func() { first = err })
				}
			}
		}()
	}
	for i := range n {
		next <- i
	}
	close(next)
	group.Wait()
	return first
}
