// Package testcase holds what is recorded: a mesh, one workload of it, policies, and the requests that are sent to the workload.
package testcase

// Case is one scene and its requests. What is left out takes the defaults of Complete.
type Case struct {
	Name string `json:"name"`
	// About says what the case shows: the surprise that it pins.
	About    string         `json:"about,omitempty"`
	Mesh     map[string]any `json:"mesh,omitempty"`
	Workload *Workload      `json:"workload,omitempty"`
	// Client, if there is one, sends the requests through its own sidecar to the workload's Service; ports are then the Service's.
	Client   *Client   `json:"client,omitempty"`
	Policies []Object  `json:"policies"`
	Requests []Request `json:"requests"`
	// Area is the file that the case stands in.
	Area string `json:"-"`
}

// Object is a manifest.
type Object = map[string]any

// Workload is the pod whose sidecar decides, and the Service in front of it.
type Workload struct {
	Namespace      string            `json:"namespace,omitempty"`
	Labels         map[string]string `json:"labels,omitempty"`
	ServiceAccount string            `json:"serviceAccount,omitempty"`
	// PodIP is stated where a policy speaks of the destination's address. Any other pod gets one that is not recorded.
	PodIP string `json:"podIP,omitempty"`
	Ports []Port `json:"ports,omitempty"`
	// NoSidecar: the application listens by itself.
	NoSidecar bool `json:"noSidecar,omitempty"`
}

// Client is a pod with a sidecar that calls the workload.
type Client struct {
	Namespace      string            `json:"namespace,omitempty"`
	Labels         map[string]string `json:"labels,omitempty"`
	ServiceAccount string            `json:"serviceAccount,omitempty"`
}

// Port is a port of the Service.
type Port struct {
	Number      int    `json:"number"`
	TargetPort  int    `json:"targetPort,omitempty"`
	Name        string `json:"name"`
	AppProtocol string `json:"appProtocol,omitempty"`
}

// Target is the port that the pod listens on.
func (p Port) Target() int {
	if p.TargetPort != 0 {
		return p.TargetPort
	}
	return p.Number
}

// Header is a name and a value; a name may come more than once.
type Header [2]string

// Request is one attempt. No principal: plaintext, without identity.
type Request struct {
	// Port is the pod's own port.
	Port int `json:"port"`
	// Protocol is http (the default), http2 or tcp.
	Protocol  string         `json:"protocol,omitempty"`
	Principal string         `json:"principal,omitempty"`
	SourceIP  string         `json:"sourceIP,omitempty"`
	SNI       string         `json:"sni,omitempty"`
	Method    string         `json:"method,omitempty"`
	Path      string         `json:"path,omitempty"`
	Host      string         `json:"host,omitempty"`
	Headers   []Header       `json:"headers,omitempty"`
	JWT       map[string]any `json:"jwt,omitempty"`
	// TokenIn says where the token stands; else it is in Authorization, after "Bearer ".
	TokenIn *TokenIn `json:"tokenIn,omitempty"`
	// BadSignature sends the token with a signature that does not fit.
	BadSignature bool `json:"badSignature,omitempty"`
	// Expect is what the author took for granted. The recording wins; a difference is reported.
	Expect string `json:"expect,omitempty"`
}

// TokenIn is one of a header, a parameter of the query, and a cookie.
type TokenIn struct {
	Header string `json:"header,omitempty"`
	Prefix string `json:"prefix,omitempty"`
	Param  string `json:"param,omitempty"`
	Cookie string `json:"cookie,omitempty"`
}

// What a request that says no more is sent as.
const (
	DefaultMethod   = "GET"
	DefaultPath     = "/"
	DefaultHost     = "app"
	DefaultSourceIP = "127.0.0.1"
)

// IsHTTP tells whether the request is HTTP of any version.
func (r Request) IsHTTP() bool { return r.Protocol != "tcp" }
