import * as fc from 'fast-check';

import { waysIn, findOnWay } from '../src/graph/ways-in.ts';
import { decideWay } from '../src/graph/decide-way.ts';
import { loadGateway, randomGateway, outsideRequest, outsideQuery } from './algebra/random-gateway.ts';
{
  const t = { load: 0, ways: 0, solve: 0, decide: 0, n: 0, allow: 0, exact: 0, max: 0, doubts: 0 };
  const now = () => performance.now();
  for (const [random, sent] of fc.sample(fc.tuple(randomGateway, fc.array(outsideRequest, { minLength: 10, maxLength: 10 })), { numRuns: 100, seed: 7 })) {
    let a = now();
    const { enforcement, workloads, gateway } = loadGateway(random);
    t.load += now() - a;
    for (const w of workloads) {
      a = now();
      const ways = waysIn(enforcement, w, 8080);
      t.ways += now() - a;
      for (const way of ways) {
        t.n++;
        if (way.passes === way.mayPass) t.exact++;
        a = now();
        way.solver.isEmpty(way.mayPass);
        const d = now() - a;
        t.solve += d;
        if (d > t.max) { t.max = d; console.log(d, way.place.by.name, way.place.route?.text, way.doubts); }
      }
      a = now();
      for (const r of sent) if (decideWay(enforcement, outsideQuery(gateway, r), w, 8080).outcome === 'allow') t.allow++;
      t.decide += now() - a;
    }
  }
  console.log(t);
}
