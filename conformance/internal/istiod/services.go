package istiod

import (
	"maps"

	corev1 "k8s.io/api/core/v1"

	"istio.io/api/label"
	networking "istio.io/api/networking/v1alpha3"
	"istio.io/istio/pilot/pkg/model"
	"istio.io/istio/pkg/config"
	"istio.io/istio/pkg/config/kube"
	"istio.io/istio/pkg/config/schema/gvk"

	"meshproof.dev/conformance/internal/testcase"
)

// ServiceName is the Service in front of every recorded workload.
const ServiceName = "app"

// serviceOf registers the workload. The protocol of a port is chosen by istiod's own conversion of Kubernetes Services.
func serviceOf(workload testcase.Workload, podIP, serviceIP string) config.Config {
	entry := &networking.ServiceEntry{
		Hosts:      []string{ServiceName + "." + workload.Namespace + ".svc.cluster.local"},
		Location:   networking.ServiceEntry_MESH_INTERNAL,
		Resolution: networking.ServiceEntry_STATIC,
		Endpoints: []*networking.WorkloadEntry{{
			Address:        podIP,
			Labels:         workload.Labels,
			ServiceAccount: workload.ServiceAccount,
			Ports:          map[string]uint32{},
		}},
	}
	if serviceIP != "" {
		entry.Addresses = []string{serviceIP}
	}
	// Injection puts it on the pod; clients choose mutual TLS by it.
	entry.Endpoints[0].Labels = maps.Clone(workload.Labels)
	entry.Endpoints[0].Labels[label.SecurityTlsMode.Name] = model.IstioMutualTLSModeLabel
	if workload.NoSidecar {
		entry.Endpoints[0].Labels[label.SecurityTlsMode.Name] = model.DisabledTLSModeLabel
	}
	for _, port := range workload.Ports {
		var appProtocol *string
		if port.AppProtocol != "" {
			appProtocol = &port.AppProtocol
		}
		protocol := kube.ConvertProtocol(int32(port.Number), port.Name, corev1.ProtocolTCP, appProtocol)
		entry.Ports = append(entry.Ports, &networking.ServicePort{
			Number:     uint32(port.Number),
			Name:       port.Name,
			Protocol:   string(protocol),
			TargetPort: uint32(port.Target()),
		})
		entry.Endpoints[0].Ports[port.Name] = uint32(port.Target())
	}
	return serviceEntry(ServiceName, workload.Namespace, entry)
}

// authorizers are the Services that extension providers of the cases may name: HTTP on 8000, gRPC on 9000.
func authorizers() config.Config {
	return serviceEntry("authorizers", "authz", &networking.ServiceEntry{
		Hosts:      []string{"approve.authz.svc.cluster.local", "dead.authz.svc.cluster.local"},
		Location:   networking.ServiceEntry_MESH_INTERNAL,
		Resolution: networking.ServiceEntry_STATIC,
		Endpoints:  []*networking.WorkloadEntry{{Address: "127.255.0.1"}},
		Ports: []*networking.ServicePort{
			{Number: 8000, Name: "http", Protocol: "HTTP"},
			{Number: 9000, Name: "grpc", Protocol: "GRPC"},
		},
	})
}

func serviceEntry(name, namespace string, entry *networking.ServiceEntry) config.Config {
	return config.Config{
		Meta: config.Meta{
			GroupVersionKind:  gvk.ServiceEntry,
			Name:              name,
			Namespace:         namespace,
			Domain:            "cluster.local",
			CreationTimestamp: epoch,
		},
		Spec: entry,
	}
}
