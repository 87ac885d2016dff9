"""MantisDB SQL."""
