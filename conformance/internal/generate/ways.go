package generate

import (
	"slices"

	"meshproof.dev/conformance/internal/way"
)

// Ways makes random scenes for every kind of proxy. The same seed makes the same scenes.
func Ways(seed uint64) []way.Scene {
	return slices.Concat(egress(seed), gateways(seed), gatewaysThatServe(seed), waypoints(seed))
}
