// Imports go one way. A layer sees what is listed for it, and itself.
const CORE = ['util', 'result'];
const MODEL = [...CORE, 'model'];
const SEMANTICS = [...MODEL, 'semantics'];
const EVIDENCE = [...SEMANTICS, 'evidence'];
const GRAPH = [...EVIDENCE, 'graph'];
const RULES = [...GRAPH, 'packs', 'rules'];
const FINDINGS = [...RULES, 'findings'];
const ENGINE = [...FINDINGS, 'score', 'remediate', 'collect', 'engine'];

const LAYERS = {
  util: [[], 'util is small and free of the domain; it knows nobody'],
  result: [
    ['util'],
    'the result is the contract that every report reads; it must not follow the shape of what computes it',
  ],
  model: [CORE, 'resources are plain facts; what Istio makes of them is decided in semantics'],
  semantics: [
    MODEL,
    'decide() is a function of the mesh and a request, and of nothing that is concluded from its answers',
  ],
  evidence: [SEMANTICS, 'evidence confirms or contradicts what semantics computed, before any judgement'],
  graph: [EVIDENCE, 'the graph is made of reach and evidence; rules read it, it does not read rules'],
  packs: [CORE, 'packs are data: rule id to control ids'],
  rules: [
    GRAPH,
    'a rule judges facts that the layers below computed; severity, score and wording of reports come after',
  ],
  findings: [RULES, 'findings come out of rules and know no score, plan or report'],
  score: [FINDINGS, 'the score follows from findings and facts'],
  remediate: [FINDINGS, "changes are proven on the model; what they do to the score is the engine's to ask"],
  engine: [ENGINE, 'the engine is the table of contents; how its result is shown is not its business'],
  collect: [MODEL, 'collect turns bytes into resources and judges nothing'],
  report: [CORE, 'a report is a pure function of the result, so that every format says the same'],
};

const TESTS = '\\.test\\.ts$';

const layers = Object.entries(LAYERS).map(([layer, [below, reason]]) => ({
  name: `layer-${layer}`,
  comment: reason,
  severity: 'error',
  from: { path: `^src/${layer}/` },
  to: { path: '^src/', pathNot: `^src/(${[...below, layer].join('|')})/` },
}));

module.exports = {
  forbidden: [
    ...layers,
    {
      name: 'nothing-imports-cli',
      comment: 'the CLI is the only place that prints or exits; whatever is wanted from it belongs below',
      severity: 'error',
      from: { pathNot: '^src/cli/' },
      to: { path: '^src/cli/' },
    },
    {
      name: 'no-io-in-pure-layers',
      comment: 'same input, same answer: no files, network, clock or processes here. Hashing (node:crypto) is no I/O',
      severity: 'error',
      from: { path: '^src/(semantics|graph|rules|findings|score)/' },
      to: { dependencyTypes: ['core'], pathNot: '^(node:)?crypto$' },
    },
    {
      name: 'rule-areas-are-apart',
      comment: 'what two areas share is a fact and belongs in semantics or graph, or directly in rules/',
      severity: 'error',
      from: { path: '^src/rules/([^/]+)/' },
      to: { path: '^src/rules/[^/]+/', pathNot: '^src/rules/$1/' },
    },
    {
      name: 'zod-at-the-edges',
      comment:
        'zod checks what is ours: result, configuration, flags. Resources go through the tolerant decoder (ADR 0003)',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(result|collect|cli|engine)/' },
      to: { path: 'node_modules/zod/' },
    },
    {
      name: 'no-circular',
      comment: 'modules in a circle can only be understood together',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'only-what-exists',
      comment: "an import that does not resolve fails at the user's",
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    exclude: { path: TESTS },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'default'] },
  },
};
