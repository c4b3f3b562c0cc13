package vector

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
)

// Write writes the sets of every area to a file of its own.
func Write(folder string, header Header, sets []Set) error {
	byArea := map[string][]Set{}
	for _, set := range sets {
		byArea[set.Area] = append(byArea[set.Area], set)
	}
	for area, list := range byArea {
		var text bytes.Buffer
		encoder := json.NewEncoder(&text)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(header); err != nil {
			return err
		}
		for _, set := range list {
			if err := encoder.Encode(set); err != nil {
				return err
			}
		}
		if err := os.WriteFile(filepath.Join(folder, area+".jsonl"), text.Bytes(), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// Read reads what is committed, by area and set; nothing where the folder is empty.
func Read(folder string) (map[string]Set, error) {
	files, err := filepath.Glob(filepath.Join(folder, "*.jsonl"))
	if err != nil {
		return nil, err
	}
	sort.Strings(files)
	found := map[string]Set{}
	for _, file := range files {
		if err := readFile(file, found); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	return found, nil
}

func readFile(file string, into map[string]Set) error {
	text, err := os.Open(file)
	if err != nil {
		return err
	}
	defer text.Close()
	lines := bufio.NewScanner(text)
	lines.Buffer(nil, 16*1024*1024)
	lines.Scan()
	for lines.Scan() {
		var set Set
		if err := json.Unmarshal(lines.Bytes(), &set); err != nil {
			return err
		}
		into[set.Name] = set
	}
	return lines.Err()
}

// Difference is what a new recording says otherwise than the committed one.
type Difference struct {
	Verdicts, Added, Removed int
	Sets                     []string
}

// Compare counts requests whose verdict changed, and those that only one of the two recordings has.
func Compare(before map[string]Set, after []Set) Difference {
	var d Difference
	seen := map[string]bool{}
	for _, set := range after {
		seen[set.Name] = true
		old := index(before[set.Name])
		changed := false
		for key, verdict := range index(set) {
			earlier, known := old[key]
			if !known {
				d.Added++
			} else if earlier != verdict {
				d.Verdicts++
				changed = true
			}
			delete(old, key)
		}
		d.Removed += len(old)
		if changed {
			d.Sets = append(d.Sets, set.Name)
		}
	}
	for name, set := range before {
		if !seen[name] {
			d.Removed += len(set.Vectors)
		}
	}
	return d
}

func index(set Set) map[string]string {
	byRequest := map[string]string{}
	for _, vector := range set.Vectors {
		request, _ := json.Marshal(vector.Request)
		verdict, _ := json.Marshal([]any{vector.Verdict, vector.By, vector.Asks, set.Admission})
		byRequest[string(request)] = string(verdict)
	}
	return byRequest
}

// Print shows sets to a person.
func Print(out io.Writer, sets []Set) error {
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	for _, set := range sets {
		vectors := set.Vectors
		set.Vectors = nil
		if err := encoder.Encode(set); err != nil {
			return err
		}
		for _, v := range vectors {
			if err := encoder.Encode(v); err != nil {
				return err
			}
		}
	}
	return nil
}
