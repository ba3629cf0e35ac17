"""Why a verdict is what it is: the evidence, and a script that measures it elsewhere."""
