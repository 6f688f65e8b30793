package githubsim

import "strconv"

// treeObject is Tree, one directory.
type treeObject struct {
	*execution
	r   *repository
	t   *tree
	dir string
	oid string
}

func (o treeObject) typename() string { return "Tree" }

func (o treeObject) field(name string, _ arguments) (any, error) {
	switch name {
	case "oid":
		return o.oid, nil
	case "id":
		return "T_" + o.oid, nil
	case "abbreviatedOid":
		return o.oid[:7], nil
	case "entries":
		out := list{}
		for _, k := range o.t.kids[o.dir] {
			out = append(out, entryObject{o, k})
		}
		return out, nil
	}
	return nil, errUnmodelled
}

// entryObject is TreeEntry.
type entryObject struct {
	of treeObject
	k  child
}

func (o entryObject) typename() string { return "TreeEntry" }

func (o entryObject) field(name string, _ arguments) (any, error) {
	switch name {
	case "name":
		return o.k.name, nil
	case "path":
		return o.k.path, nil
	case "oid":
		return o.k.oid, nil
	case "type":
		return o.k.typ(), nil
	case "mode":
		n, err := strconv.ParseInt(o.k.mode, 8, 32)
		return n, err
	case "size":
		return len(o.of.r.objects.blobs[o.k.oid]), nil
	case "object":
		switch o.k.typ() {
		case "blob":
			return blobObject{o.of.execution, o.of.r, o.k.oid}, nil
		case "tree":
			return treeObject{o.of.execution, o.of.r, o.of.t, o.k.path, o.k.oid}, nil
		}
		return nil, nil // a submodule's commit is not here
	}
	return nil, errUnmodelled
}

// blobObject is Blob.
type blobObject struct {
	*execution
	r   *repository
	oid string
}

// maxBlobText is where GraphQL cuts a blob's text.
const maxBlobText = 512 << 10

func (o blobObject) typename() string { return "Blob" }

func (o blobObject) field(name string, _ arguments) (any, error) {
	b := o.r.objects.blobs[o.oid]
	switch name {
	case "oid":
		return o.oid, nil
	case "id":
		return "B_" + o.oid, nil
	case "abbreviatedOid":
		return o.oid[:7], nil
	case "byteSize":
		return len(b), nil
	case "isBinary":
		return isBinary(b), nil
	case "isTruncated":
		return len(b) > maxBlobText, nil
	case "text":
		if isBinary(b) {
			return nil, nil
		}
		return string(b[:min(len(b), maxBlobText)]), nil
	}
	return nil, errUnmodelled
}
