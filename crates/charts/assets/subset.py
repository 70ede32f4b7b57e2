"""Makes assets/Arimo-Regular-subset.ttf from Arimo-Regular.ttf 1.33 (Debian package fonts-croscore)."""
import sys
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from fontTools.ttLib.tables._g_l_y_f import Glyph, GlyphComponent

source, target = sys.argv[1:]
font = TTFont(source, recalcTimestamp=False)

# What Arimo has of Latin, Greek, punctuation, super- and subscripts, arrows and mathematics.
blocks = [(0x20, 0x17F), (0x370, 0x3FF), (0x2010, 0x203A), (0x2070, 0x209C), (0x2190, 0x2199), (0x2200, 0x22FF)]
options = Options()
options.layout_features = []  # the rasteriser applies neither kerning nor ligatures
options.hinting = False
options.notdef_outline = True
options.name_IDs = ["*"]
options.drop_tables += ["GPOS", "GSUB", "GDEF", "DSIG"]
subsetter = Subsetter(options)
subsetter.populate(unicodes=[c for low, high in blocks for c in range(low, high + 1)])
subsetter.subset(font)

# Two signs that Arimo lacks, from ones that it has: the degree sign lowered to the mathematical axis, Delta turned.
def compose(name, code, base, scale, dx, dy, advance):
    part = GlyphComponent()
    part.glyphName, part.x, part.y, part.flags = base, dx, dy, 0x0002
    if scale != 1:
        part.transform = [[scale, 0], [0, scale]]
    glyph = Glyph()
    glyph.numberOfContours, glyph.components = -1, [part]
    font.setGlyphOrder(font.getGlyphOrder() + [name])
    font["glyf"][name] = glyph
    glyph.recalcBounds(font["glyf"])
    font["hmtx"][name] = (advance, glyph.xMin)
    for table in font["cmap"].tables:
        if table.isUnicode():
            table.cmap[code] = name

cmap, glyf, hmtx = font.getBestCmap(), font["glyf"], font["hmtx"]
degree, delta = cmap[0xB0], cmap[0x394]
compose("uni2218", 0x2218, degree, 1, 0, 560 - (glyf[degree].yMin + glyf[degree].yMax) // 2, hmtx[degree][0])
compose("uni2207", 0x2207, delta, -1, hmtx[delta][0], glyf[delta].yMax, hmtx[delta][0])
font.save(target)
