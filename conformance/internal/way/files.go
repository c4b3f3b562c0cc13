package way

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"sort"
)

// Header is the first line of a file.
type Header struct {
	Format string `json:"format"`
	Istio  string `json:"istio"`
	Envoy  string `json:"envoy"`
	World  World  `json:"world"`
}

// Write writes the sets of every area to a file of its own.
func Write(folder string, header Header, worlds map[string]World, sets []Set) error {
	byArea := map[string][]Set{}
	for _, set := range sets {
		byArea[set.area] = append(byArea[set.area], set)
	}
	for area, list := range byArea {
		var text bytes.Buffer
		header.World = worlds[list[0].world]
		if err := encode(&text, header); err != nil {
			return err
		}
		for _, set := range list {
			if err := encode(&text, set); err != nil {
				return err
			}
		}
		if err := os.WriteFile(filepath.Join(folder, area+".jsonl"), text.Bytes(), 0o644); err != nil {
			return err
		}
	}
	return nil
}

func encode(out io.Writer, value any) error {
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(value)
}

// Print shows sets to a person.
func Print(out io.Writer, sets []Set) error {
	for _, set := range sets {
		vectors := set.Vectors
		set.Vectors = nil
		if err := encode(out, set); err != nil {
			return err
		}
		for _, v := range vectors {
			if err := encode(out, v); err != nil {
				return err
			}
		}
	}
	return nil
}

// Difference is what a new recording says otherwise than the committed one.
type Difference struct {
	Changed, Added, Removed int
	Sets                    []string
}

// Compare counts requests that came out otherwise, and those that only one of the two recordings has.
func Compare(folder string, after []Set) (Difference, error) {
	before, err := read(folder)
	if err != nil {
		return Difference{}, err
	}
	var d Difference
	for _, set := range after {
		old := index(before[set.Name])
		delete(before, set.Name)
		changed := false
		for key, now := range index(set) {
			earlier, known := old[key]
			if !known {
				d.Added++
			} else if earlier != now {
				d.Changed++
				changed = true
			}
			delete(old, key)
		}
		d.Removed += len(old)
		if changed {
			d.Sets = append(d.Sets, set.Name)
		}
	}
	for _, set := range before {
		d.Removed += len(set.Vectors)
	}
	sort.Strings(d.Sets)
	return d, nil
}

func index(set Set) map[string]string {
	byRequest := map[string]string{}
	for _, vector := range set.Vectors {
		request, _ := json.Marshal(vector.Request)
		outcome, _ := json.Marshal([]any{vector.To, vector.Answer, vector.As, vector.At, set.Admission})
		byRequest[string(request)] = string(outcome)
	}
	return byRequest
}

func read(folder string) (map[string]Set, error) {
	files, err := filepath.Glob(filepath.Join(folder, "*.jsonl"))
	if err != nil {
		return nil, err
	}
	found := map[string]Set{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		lines := bufio.NewScanner(bytes.NewReader(text))
		lines.Buffer(nil, 16*1024*1024)
		lines.Scan()
		for lines.Scan() {
			var set Set
			if err := json.Unmarshal(lines.Bytes(), &set); err != nil {
				return nil, err
			}
			found[set.Name] = set
		}
		if err := lines.Err(); err != nil {
			return nil, err
		}
	}
	return found, nil
}
