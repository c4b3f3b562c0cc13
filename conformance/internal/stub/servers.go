// Package stub holds the servers behind the recorded proxies: an application, and external authorizers.
package stub

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"sync/atomic"

	core "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	auth "github.com/envoyproxy/go-control-plane/envoy/service/auth/v3"
	kind "github.com/envoyproxy/go-control-plane/envoy/type/v3"
	"google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
)

// AuthorizerHeader is on every refusal of an external authorizer.
const AuthorizerHeader = "x-conformance-authorizer"

// Servers run until the recording ends.
type Servers struct {
	PlainApp, TLSApp               string
	HTTPAuthorizer, GRPCAuthorizer string
	approves                       atomic.Bool
}

// Start opens all servers on loopback ports of their own.
func Start(certificate tls.Certificate) (*Servers, error) {
	s := &Servers{}
	plain, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	overTLS, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	overHTTP, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	overGRPC, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s.PlainApp, s.TLSApp = plain.Addr().String(), overTLS.Addr().String()
	s.HTTPAuthorizer, s.GRPCAuthorizer = overHTTP.Addr().String(), overGRPC.Addr().String()
	go serveApplication(plain, nil)
	go serveApplication(overTLS, &tls.Config{Certificates: []tls.Certificate{certificate}})
	go func() { _ = http.Serve(overHTTP, http.HandlerFunc(s.answer)) }()
	server := grpc.NewServer()
	auth.RegisterAuthorizationServer(server, s)
	go func() { _ = server.Serve(overGRPC) }()
	return s, nil
}

// Approve makes the authorizers approve everything, or refuse everything.
func (s *Servers) Approve(approves bool) { s.approves.Store(approves) }

func (s *Servers) answer(w http.ResponseWriter, _ *http.Request) {
	if s.approves.Load() {
		return
	}
	w.Header().Set(AuthorizerHeader, "refused")
	w.WriteHeader(http.StatusForbidden)
}

// Check answers Envoy's gRPC authorization calls.
func (s *Servers) Check(context.Context, *auth.CheckRequest) (*auth.CheckResponse, error) {
	if s.approves.Load() {
		return &auth.CheckResponse{Status: &status.Status{Code: int32(codes.OK)}}, nil
	}
	return &auth.CheckResponse{
		Status: &status.Status{Code: int32(codes.PermissionDenied)},
		HttpResponse: &auth.CheckResponse_DeniedResponse{DeniedResponse: &auth.DeniedHttpResponse{
			Status:  &kind.HttpStatus{Code: kind.StatusCode_Forbidden},
			Headers: []*core.HeaderValueOption{{Header: &core.HeaderValue{Key: AuthorizerHeader, Value: "refused"}}},
		}},
	}, nil
}
