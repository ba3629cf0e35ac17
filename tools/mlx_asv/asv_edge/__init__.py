"""The only package that imports asv. asv itself loads `plugin`, named in asv.conf.json."""
