"""What a belt, a gateway and local chains are: a frozen part each, whose fields say all there is to say."""
