// Command conformance records what real Istio does: policies go through istiod's own code into a real Envoy, real requests go to that, and
// what comes back is written down.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"runtime/debug"
	"slices"
	"sort"
	"syscall"

	"istio.io/istio/pkg/log"

	"meshproof.dev/conformance/internal/generate"
	"meshproof.dev/conformance/internal/record"
	"meshproof.dev/conformance/internal/testcase"
	"meshproof.dev/conformance/internal/vector"
)

const format = "One set per line: `policies` at one sidecar, and `vectors`, requests with their verdict. Left out: mesh {} · workload foo/app with " +
	"labels app=httpbin, version=v1, service account httpbin, ports 80→8080 http, 9000 tcp, 90→9090 http-admin, 8000 any · admission " +
	"accepted (else what the validating webhook says; the verdict is what happens if the object got in anyway) · protocol http · principal: " +
	"none, the request is plaintext; else mutual TLS as spiffe://principal with the ALPN of a sidecar · method GET · path / · host app · " +
	"sourceIP 127.0.0.1 · sni: none. `port` is the pod's own. `jwt`: claims of a signed RS256 token in Authorization: Bearer; " +
	"`badSignature` breaks it. `by`: rbac, jwt, authorizer, or connection (closed, or its handshake refused). `asks`: an external " +
	"authorizer must approve; the verdict is what happens when it does. JWT rules without keys have the recorder's."

func main() {
	cases := flag.String("cases", "cases", "folder of cases")
	out := flag.String("out", "vectors", "folder of vectors")
	binary := flag.String("envoy", os.Getenv("ENVOY"), "Envoy's binary")
	envoyVersion := flag.String("envoy-version", "", "version of that binary")
	only := flag.String("only", "", "record cases whose name matches, and print them in place of writing")
	check := flag.Bool("check", false, "compare with what is there, and write nothing")
	ways := flag.String("ways", "ways", "folder of scenes for routes")
	part := flag.String("part", "all", "policies, ways, loaded, or all")
	sent := flag.String("loaded", "loaded", "folder of what istiod sends")
	flag.Parse()
	if err := run(settings{*cases, *out, *ways, *sent, *part, *binary, *envoyVersion, *only, *check}); err != nil {
		fmt.Fprintln(os.Stderr, "conformance:", err)
		os.Exit(1)
	}
}

type settings struct {
	cases, out, ways, sent, part, binary, envoyVersion, only string
	check                                                    bool
}

func run(s settings) error {
	quiet := log.DefaultOptions()
	quiet.SetDefaultOutputLevel(log.OverrideScopeName, log.NoneLevel)
	if err := log.Configure(quiet); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if s.part == "loaded" || s.part == "all" {
		cases, err := allCases(s.cases)
		if err != nil {
			return err
		}
		if err := recordLoaded(s.sent, cases, s.check); err != nil {
			return err
		}
		if err := recordServed(s.sent, s.ways, s.check); err != nil || s.part == "loaded" {
			return err
		}
	}
	if s.binary == "" {
		return fmt.Errorf("name Envoy's binary with -envoy or in ENVOY")
	}
	if s.part != "ways" {
		if err := runPolicies(ctx, s.cases, s.out, s.binary, s.envoyVersion, s.only, s.check); err != nil {
			return err
		}
	}
	if s.part == "policies" {
		return nil
	}
	return runWays(ctx, s.ways, s.binary, s.envoyVersion, s.only, s.check)
}

// runPolicies records what one sidecar decides, and how a client's connects.
func runPolicies(ctx context.Context, casesFolder, out, binary, envoyVersion, only string, check bool) error {
	cases, err := allCases(casesFolder)
	if err != nil {
		return err
	}
	if only != "" {
		if cases, err = matching(cases, only); err != nil {
			return err
		}
	}
	recorder, err := record.New(binary, func(text string, values ...any) { fmt.Fprintf(os.Stderr, text+"\n", values...) })
	if err != nil {
		return err
	}
	result, err := recorder.Record(ctx, cases)
	if err != nil {
		return err
	}
	report(result)
	if only != "" {
		return vector.Print(os.Stdout, result.Sets)
	}
	before, err := vector.Read(out)
	if err != nil {
		return err
	}
	difference := vector.Compare(before, result.Sets)
	fmt.Printf("compared with %s: %d verdicts differ, %d requests are new, %d are gone\n", out, difference.Verdicts, difference.Added, difference.Removed)
	for _, name := range difference.Sets {
		fmt.Println("  differs:", name)
	}
	if check {
		if difference.Verdicts+difference.Added+difference.Removed > 0 {
			return fmt.Errorf("the recording differs from %s", out)
		}
		return nil
	}
	return vector.Write(out, vector.Header{Format: format, Istio: istioVersion(), Envoy: envoyVersion}, result.Sets)
}

// The random cases are made from this seed.
const seed, randomCases = 20261125, 320

func allCases(folder string) ([]testcase.Case, error) {
	cases, err := testcase.ReadFolder(folder)
	if err != nil {
		return nil, err
	}
	batteries, err := generate.Batteries()
	if err != nil {
		return nil, err
	}
	calls, err := generate.Calls()
	if err != nil {
		return nil, err
	}
	random, err := generate.Random(seed, randomCases)
	return slices.Concat(cases, batteries, calls, random), err
}

func matching(cases []testcase.Case, pattern string) ([]testcase.Case, error) {
	expression, err := regexp.Compile(pattern)
	if err != nil {
		return nil, err
	}
	var found []testcase.Case
	for _, c := range cases {
		if expression.MatchString(c.Name) {
			found = append(found, c)
		}
	}
	return found, nil
}

func report(result record.Result) {
	counts := map[string]int{}
	total := 0
	for _, set := range result.Sets {
		for _, v := range set.Vectors {
			counts[v.Verdict]++
			total++
		}
	}
	fmt.Printf("%d sets, %d vectors: %d allow, %d deny; %d requests were malformed to Envoy and are left out\n",
		len(result.Sets), total, counts["allow"], counts["deny"], result.Malformed)
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

// istioVersion is the one that is compiled in.
func istioVersion() string {
	info, _ := debug.ReadBuildInfo()
	for _, module := range info.Deps {
		if module.Path == "istio.io/istio" {
			return module.Version
		}
	}
	return "unknown"
}
