# Measurements beside PyTorch, for developers; nothing here is built or installed.
EXTRA_DIST += %D%/accuracy.ini %D%/peers/run %D%/peers/round.py %D%/peers/table.py %D%/peers/torch_peer.py %D%/peers/networks.py
dist_doc_DATA += doc/performance.md
