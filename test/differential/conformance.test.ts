import { describe, expect, it } from 'vitest';
import { CONDITIONAL, replayConformance } from '../replay/conformance.ts';
import { differing } from '../replay/replay.ts';

describe('as conformance/ recorded it from istiod and Envoy', () => {
  const { replayed } = replayConformance();
  const calls = replayed.filter(({ area }) => area.startsWith('calls'));

  it('sidecars decide', () => {
    const direct = replayed.filter((each) => !calls.includes(each));
    const others = differing(direct).filter(({ got }) => got !== CONDITIONAL);
    // Code that refuses behind policies: the engine says what policies let through.
    expect(others.map(({ id }) => id)).toEqual(['envoy-filters-lua-refuses-at-the-end/0']);
    const hanging = new Set(direct.filter(({ got }) => got === CONDITIONAL).map(({ id }) => id.replace(/\/\d+$/, '')));
    expect([...hanging]).toMatchInlineSnapshot(`
      [
        "envoy-filters-remove-http-rbac-of-port-without-service",
        "envoy-filters-no-sub-filter",
        "envoy-filters-no-match",
        "envoy-filters-older-proxies",
        "envoy-filters-these-proxies",
        "envoy-filters-proxy-metadata",
        "envoy-filters-chain-of-port",
        "envoy-filters-chain-of-all-ports",
        "envoy-filters-chain-of-tls",
        "envoy-filters-chain-of-plaintext",
        "envoy-filters-replace-rbac",
        "envoy-filters-lua-before-rbac",
        "envoy-filters-lua-first",
        "envoy-filters-lua-after-rbac",
        "envoy-filters-lua-before-jwt",
        "envoy-filters-lua-before-missing",
        "envoy-filters-lua-after-missing",
        "envoy-filters-lua-refuses",
        "envoy-filters-rbac-added",
        "envoy-filters-rbac-merged",
        "envoy-filters-jwt-moved-behind-rbac",
        "envoy-filters-route-without-rbac",
        "envoy-filters-route-without-rbac-of-one-port",
        "envoy-filters-route-without-rbac-of-named-host",
        "envoy-filters-route-without-rbac-of-other-host",
        "envoy-filters-host-without-rbac",
        "envoy-filters-routes-without-rbac",
        "envoy-filters-route-disables-rbac",
        "envoy-filters-route-with-empty-rbac",
        "envoy-filters-route-with-own-rbac",
        "envoy-filters-chain-in-plaintext",
        "envoy-filters-chain-removed",
        "envoy-filters-manager-without-normalization",
        "envoy-filters-own-rbac-removed-again",
        "envoy-filters-removed-before-added",
        "envoy-filters-priority-removes-last",
        "envoy-filters-priority-removes-first",
        "envoy-filters-root-comes-first",
        "envoy-filters-namespace-comes-last",
        "envoy-filters-priority-over-namespace",
      ]
    `);
    expect(direct.length).toBeGreaterThan(7000);
  });

  it('clients connect as their own sidecar is told, and servers answer', () => {
    expect(differing(calls)).toEqual([]);
    expect(calls.length).toBeGreaterThan(1300);
  });
});
