namespace EmbeddingAdmin.Database.Tests;

/// <summary>Tests that promise a time: nothing else of this program runs beside them.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
