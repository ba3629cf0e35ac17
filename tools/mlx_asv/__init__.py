"""mlx-asv: measure MLX releases next to each other, with asv.

Data flows one way, and a package imports only from those before it::

    releases -> environments -> measurement -> observations -> effects
        -> asv_edge (the only one that imports asv) -> sweep, commands -> bench

What `asv_edge.plugin` needs is asv and the standard library: plain ``asv`` loads it.
"""
