"""What is measured: one class per operation, timed by asv on every backend.

Layout: `backends` names the backends, `frameworks` adapts MLX, PyTorch and NumPy to one small
interface, `operation` is the base class asv times (`typed` one with an element type and a mode,
`loaded` one that keeps weights, `growing` one for cases that may take minutes), `resources` says
what this machine has, `encoder` is what `models` run in MLX and `decoder` what `decoding` runs,
`memory` asks for the peak memory of all, `valgrind` and `counted` count the instructions of a call.
`agreement` and `work` are what references and the work of operations share, `catalogue` lists the
operations, `facts` tells those who read results what is here. Every other module is a family of
operations.
Nothing here imports a framework before ``setup``: asv imports all modules in every process, and
importing PyTorch alone costs two seconds.
"""
