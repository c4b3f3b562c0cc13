package testcase

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"sigs.k8s.io/yaml"
)

// ReadFolder reads every YAML file of a folder, in the order of their names; each file is an area, each document a case.
func ReadFolder(folder string) ([]Case, error) {
	files, err := filepath.Glob(filepath.Join(folder, "*.yaml"))
	if err != nil {
		return nil, err
	}
	sort.Strings(files)
	var cases []Case
	seen := map[string]string{}
	for _, file := range files {
		found, err := readFile(file)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", filepath.Base(file), err)
		}
		for _, c := range found {
			if other, twice := seen[c.Name]; twice {
				return nil, fmt.Errorf("%s: case %q is in %s too", filepath.Base(file), c.Name, other)
			}
			seen[c.Name] = filepath.Base(file)
		}
		cases = append(cases, found...)
	}
	return cases, nil
}

func readFile(file string) ([]Case, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	area := strings.TrimSuffix(filepath.Base(file), ".yaml")
	var cases []Case
	for i, document := range bytes.Split(append([]byte("\n"), text...), []byte("\n---\n")) {
		if len(bytes.TrimSpace(document)) == 0 {
			continue
		}
		c := Case{Area: area}
		if err := yaml.UnmarshalStrict(document, &c); err != nil {
			return nil, fmt.Errorf("document %d: %w", i+1, err)
		}
		if c.Name == "" {
			if c.Requests == nil && c.Policies == nil {
				continue
			}
			return nil, fmt.Errorf("document %d has no name", i+1)
		}
		if err := c.Complete(); err != nil {
			return nil, err
		}
		cases = append(cases, c)
	}
	return cases, nil
}
