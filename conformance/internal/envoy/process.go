package envoy

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	cluster "github.com/envoyproxy/go-control-plane/envoy/config/cluster/v3"
	listener "github.com/envoyproxy/go-control-plane/envoy/config/listener/v3"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
)

// The flags that Istio's own bootstrap sets and that can touch a verdict (istio pkg/bootstrap/config.go).
var runtimeFlags = map[string]any{
	"re2.max_program_size.error_level":                         "32768",
	"envoy.reloadable_features.http_reject_path_with_fragment": false,
}

// Process is a running Envoy.
type Process struct {
	command *exec.Cmd
	admin   string
	log     string
	ended   chan error
}

// Start runs Envoy with the listeners and clusters and waits until each listener is active or refused. It answers why listeners were refused,
// by name.
func Start(
	ctx context.Context, binary, folder string, listeners []*listener.Listener, clusters []*cluster.Cluster, upstreams Upstreams,
) (*Process, map[string]string, error) {
	return start(ctx, binary, folder, listeners, clusters, clustersOf(listeners, upstreams))
}

// StartWhole runs Envoy for one proxy.
func StartWhole(
	ctx context.Context, binary, folder string, listeners []*listener.Listener, clusters []*cluster.Cluster,
) (*Process, map[string]string, error) {
	return start(ctx, binary, folder, listeners, clusters, nil)
}

func start(
	ctx context.Context, binary, folder string, listeners []*listener.Listener, clusters []*cluster.Cluster, static []any,
) (*Process, map[string]string, error) {
	lds, cds := filepath.Join(folder, "lds.json"), filepath.Join(folder, "cds.json")
	if err := writeResources(lds, listeners); err != nil {
		return nil, nil, err
	}
	if err := writeResources(cds, clusters); err != nil {
		return nil, nil, err
	}
	bootstrap, err := json.Marshal(map[string]any{
		"node":  map[string]any{"id": "sidecar~conformance", "cluster": "conformance"},
		"admin": map[string]any{"address": map[string]any{"socket_address": map[string]any{"address": "127.0.0.1", "port_value": 0}}},
		"dynamic_resources": map[string]any{
			"lds_config": map[string]any{"resource_api_version": "V3", "path_config_source": map[string]any{"path": lds}},
			"cds_config": map[string]any{"resource_api_version": "V3", "path_config_source": map[string]any{"path": cds}},
		},
		"static_resources": map[string]any{"clusters": static},
		// Waypoints hand connections from one listener to the next.
		"bootstrap_extensions": []any{map[string]any{"name": "envoy.bootstrap.internal_listener", "typed_config": map[string]any{
			"@type": "type.googleapis.com/envoy.extensions.bootstrap.internal_listener.v3.InternalListener",
		}}},
		"layered_runtime": map[string]any{"layers": []any{map[string]any{"name": "istio", "static_layer": runtimeFlags}}},
	})
	if err != nil {
		return nil, nil, err
	}
	config := filepath.Join(folder, "bootstrap.json")
	if err := os.WriteFile(config, bootstrap, 0o600); err != nil {
		return nil, nil, err
	}
	address := filepath.Join(folder, "admin")
	p := &Process{log: filepath.Join(folder, "envoy.log"), ended: make(chan error, 1)}
	p.command = exec.Command(binary, "-c", config, "--disable-hot-restart", "--concurrency", "2",
		"--log-level", "warning", "--log-path", p.log, "--admin-address-path", address)
	// Envoy goes with the recorder, however that ends.
	p.command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := p.command.Start(); err != nil {
		return nil, nil, err
	}
	go func() { p.ended <- p.command.Wait() }()
	refused, err := p.await(ctx, address, len(listeners))
	if err != nil {
		p.Stop()
		return nil, nil, fmt.Errorf("%w\n%s", err, tail(p.log))
	}
	return p, refused, nil
}

// Stop ends this Envoy and waits for it.
func (p *Process) Stop() {
	_ = p.command.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.ended:
	case <-time.After(20 * time.Second):
		_ = p.command.Process.Kill()
		<-p.ended
	}
}

func writeResources[M proto.Message](file string, list []M) error {
	resources := make([]json.RawMessage, len(list))
	for i, one := range list {
		packed, err := anypb.New(one)
		if err != nil {
			return err
		}
		if resources[i], err = protojson.Marshal(packed); err != nil {
			return err
		}
	}
	text, err := json.Marshal(map[string]any{"version_info": "1", "resources": resources})
	if err != nil {
		return err
	}
	return os.WriteFile(file, text, 0o600)
}

// How long a proxy may take to connect, and how often Envoy is asked whether it is ready.
const patience, poll = 2 * time.Second, 50 * time.Millisecond

type dump struct {
	Configs []struct {
		Name        string          `json:"name"`
		ActiveState json.RawMessage `json:"active_state"`
		ErrorState  *struct {
			Details string `json:"details"`
		} `json:"error_state"`
	} `json:"configs"`
}

func (p *Process) await(ctx context.Context, addressFile string, want int) (map[string]string, error) {
	deadline := time.Now().Add(3 * time.Minute)
	for time.Now().Before(deadline) {
		select {
		case err := <-p.ended:
			p.ended <- err
			return nil, fmt.Errorf("Envoy ended: %v", err)
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(poll):
		}
		if p.admin == "" {
			text, err := os.ReadFile(addressFile)
			if err != nil || len(text) == 0 {
				continue
			}
			p.admin = strings.TrimSpace(string(text))
		}
		state, err := p.listeners()
		if err != nil {
			continue
		}
		refused := map[string]string{}
		active := 0
		for _, each := range state.Configs {
			switch {
			case each.ErrorState != nil:
				refused[each.Name] = each.ErrorState.Details
			case each.ActiveState != nil:
				active++
			}
		}
		if active+len(refused) >= want {
			return refused, nil
		}
	}
	return nil, fmt.Errorf("Envoy took too long to start")
}

func (p *Process) listeners() (dump, error) {
	var state dump
	response, err := http.Get("http://" + p.admin + "/config_dump?resource=dynamic_listeners&mask=name,active_state.version_info,error_state.details")
	if err != nil {
		return state, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return state, err
	}
	return state, json.Unmarshal(text, &state)
}

func tail(file string) string {
	text, _ := os.ReadFile(file)
	if len(text) > 4000 {
		text = text[len(text)-4000:]
	}
	return string(text)
}
