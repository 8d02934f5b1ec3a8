namespace EmbeddingAdmin.Events;

/// <summary>Something that happened: one row of an append-only table, which is a run's log and the audit trail at once.</summary>
/// <param name="Id">Its number.</param>
/// <param name="At">When, by the database's clock.</param>
/// <param name="Actor">Who: a signed-in operator, a terminal user, or <c>system</c>.</param>
/// <param name="Run">The run that it belongs to, if any.</param>
/// <param name="Kind">What, such as <c>run.paused</c>.</param>
/// <param name="Sentence">The same in words; never any row's text.</param>
/// <param name="Code">One of <see cref="ErrorCodes"/> when something is wrong or worth a warning, else null.</param>
public sealed record Event(long Id, DateTimeOffset At, string Actor, long? Run, string Kind, string Sentence, string? Code = null);

/// <summary>Who asks for something.</summary>
/// <param name="Name">The name that the audit trail keeps.</param>
/// <param name="Via"><c>dashboard</c>, <c>terminal</c> or <c>host</c>.</param>
public sealed record Actor(string Name, string Via)
{
    /// <summary>The program itself.</summary>
    public static Actor System { get; } = new("system", "host");
}
