"""Two images of 1x2x3 pixels, as Python 2's cPickle writes them with protocol 2: byte strings are strings."""
import io, pickle, struct, sys
import numpy as np

class Python2(pickle._Pickler):
    dispatch = dict(pickle._Pickler.dispatch)
    def save_bytes(self, obj):
        n = len(obj)
        self.write(b"U" + bytes([n]) + obj if n < 256 else b"T" + struct.pack("<i", n) + obj)
        self.memoize(obj)
    dispatch[bytes] = save_bytes

batch = {
    b"batch_label": b"training batch 1 of 5",
    b"labels": [2, 0],
    b"data": np.array([[1, 2, 3, 4, 5, 6], [7, 8, 9, 10, 11, 12]], dtype=np.uint8),
    b"filenames": [b"a_s_000004.png", b"b_s_000021.png"],
}
out = io.BytesIO()
Python2(out, 2).dump(batch)
open(sys.argv[1], "wb").write(out.getvalue())
loaded = pickle.loads(out.getvalue(), encoding="bytes")
assert loaded[b"labels"] == [2, 0] and (loaded[b"data"] == batch[b"data"]).all()
