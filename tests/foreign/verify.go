// Verifies a Checkrein log with code that is not ours: the tlog and note packages of golang.org/x/mod, as Debian ships them.
// usage: verify DIR VKEY SIZE [PROOF INDEX]...
// Checks the checkpoint's signature, origin and size; every record of every bundle against the tree, with a proof of inclusion for
// each; proofs of consistency between sizes; and each .tlog-proof file given, against the record of that index.
package main

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height = 8

func fail(format string, args ...interface{}) {
	fmt.Fprintf(os.Stderr, "foreign verifier: "+format+"\n", args...)
	os.Exit(1)
}

// The path of C2SP tlog-tiles, which unlike the Go checksum database does not name the height.
func tilePath(t tlog.Tile) string { return strings.Replace(t.Path(), "tile/8/", "tile/", 1) }

type directory string

func (d directory) Height() int { return height }
func (d directory) SaveTiles(tiles []tlog.Tile, data [][]byte) {}
func (d directory) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var out [][]byte
	for _, t := range tiles {
		data, err := os.ReadFile(filepath.Join(string(d), tilePath(t)))
		if err != nil && t.W < 1<<height { // a partial tile may have become full
			full := t
			full.W = 1 << height
			data, err = os.ReadFile(filepath.Join(string(d), tilePath(full)))
			if err == nil {
				data = data[:t.W*tlog.HashSize]
			}
		}
		if err != nil {
			return nil, err
		}
		out = append(out, data)
	}
	return out, nil
}

func openCheckpoint(text []byte, verifier note.Verifier) tlog.Tree {
	n, err := note.Open(text, note.VerifierList(verifier))
	if err != nil {
		fail("checkpoint: %v", err)
	}
	lines := strings.Split(n.Text, "\n")
	if len(lines) != 4 || lines[0] != verifier.Name() || lines[3] != "" {
		fail("checkpoint: unexpected body %q", n.Text)
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		fail("checkpoint: size: %v", err)
	}
	root, err := tlog.ParseHash(lines[2])
	if err != nil {
		fail("checkpoint: root: %v", err)
	}
	return tlog.Tree{N: size, Hash: root}
}

func readRecords(dir string, size int64) [][]byte {
	var records [][]byte
	for n := int64(0); n*256 < size; n++ {
		width := 256
		if size-n*256 < 256 {
			width = int(size - n*256)
		}
		path := tlog.Tile{H: height, L: 0, N: n, W: width}
		name := strings.Replace(tilePath(path), "tile/0/", "tile/entries/", 1)
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			fail("%v", err)
		}
		for i := 0; i < width; i++ {
			length := int(binary.BigEndian.Uint16(data))
			records = append(records, data[2:2+length])
			data = data[2+length:]
		}
		if len(data) != 0 {
			fail("%s: %d bytes too many", name, len(data))
		}
	}
	return records
}

func checkProofFile(path string, index int64, record []byte, verifier note.Verifier) {
	text, err := os.ReadFile(path)
	if err != nil {
		fail("%v", err)
	}
	parts := strings.SplitN(string(text), "\n\n", 2)
	lines := strings.Split(parts[0], "\n")
	if len(parts) != 2 || lines[0] != "c2sp.org/tlog-proof@v1" || lines[1] != fmt.Sprintf("index %d", index) {
		fail("%s: not a proof of record %d", path, index)
	}
	var proof tlog.RecordProof
	for _, line := range lines[2:] {
		raw, err := base64.StdEncoding.DecodeString(line)
		if err != nil || len(raw) != tlog.HashSize {
			fail("%s: bad hash", path)
		}
		var h tlog.Hash
		copy(h[:], raw)
		proof = append(proof, h)
	}
	tree := openCheckpoint([]byte(parts[1]), verifier)
	if err := tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(record)); err != nil {
		fail("%s: %v", path, err)
	}
}

func main() {
	dir, vkey := os.Args[1], os.Args[2]
	want, _ := strconv.ParseInt(os.Args[3], 10, 64)
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		fail("vkey: %v", err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "checkpoint"))
	if err != nil {
		fail("%v", err)
	}
	tree := openCheckpoint(text, verifier)
	if want >= 0 && tree.N != want {
		fail("checkpoint: size %d, expected %d", tree.N, want)
	}
	records := readRecords(dir, tree.N)
	if tree.N == 0 {
		root, err := tlog.TreeHash(0, nil)
		if err != nil || root != tree.Hash && tree.Hash.String() != "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=" {
			fail("empty root: %v", tree.Hash)
		}
		fmt.Println("size 0: good")
		return
	}
	reader := tlog.TileHashReader(tree, directory(dir))
	root, err := tlog.TreeHash(tree.N, reader)
	if err != nil || root != tree.Hash {
		fail("root: %v, %v", root, err)
	}
	// A reader without its checks of tiles, which were just made: a proof for each of many records is quick then.
	for i, record := range records {
		index := int64(i)
		proof, err := tlog.ProveRecord(tree.N, index, reader)
		if err != nil {
			fail("record %d: %v", i, err)
		}
		if err := tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(record)); err != nil {
			fail("record %d: %v", i, err)
		}
	}
	for old := int64(1); old < tree.N; old = old*3 + 1 {
		oldRoot, err := tlog.TreeHash(old, reader)
		if err != nil {
			fail("root of %d: %v", old, err)
		}
		proof, err := tlog.ProveTree(tree.N, old, reader)
		if err != nil {
			fail("consistency with %d: %v", old, err)
		}
		if err := tlog.CheckTree(proof, tree.N, tree.Hash, old, oldRoot); err != nil {
			fail("consistency with %d: %v", old, err)
		}
	}
	for i := 4; i+1 < len(os.Args); i += 2 {
		index, _ := strconv.ParseInt(os.Args[i+1], 10, 64)
		checkProofFile(os.Args[i], index, records[index], verifier)
	}
	fmt.Printf("size %d: good\n", tree.N)
}
