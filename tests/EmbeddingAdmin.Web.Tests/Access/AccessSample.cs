using EmbeddingAdmin.Access;
using EmbeddingAdmin.Access.Why;

namespace EmbeddingAdmin.Web.Tests.Access;

/// <summary>Matrices and diagnoses as a test wants them.</summary>
internal static class AccessSample
{
    /// <summary>A cell with this answer.</summary>
    public static AccessCell Cell(Identity who, AccessQuestion question, AccessAnswer answer, string? code = null) =>
        new(who, question, answer, $"{who.Slug} {question} {answer}.", new($"asked of {who.Slug}", "answered"), Sample.Now, code);

    /// <summary>A matrix in which all can do everything, but for those that are named.</summary>
    public static AccessMatrix Matrix(string table, params (string Who, AccessAnswer Answer)[] others) => new(
        table, "postgres",
        [
            .. from who in Identity.All
               from question in Enum.GetValues<AccessQuestion>()
               select Cell(who, question, others.Where(other => other.Who == who.Slug).Select(other => other.Answer).FirstOrDefault(AccessAnswer.Yes)),
        ],
        Sample.Now);

    /// <summary>A project as it should be: who is to write can, and nobody else.</summary>
    public static AccessMatrix Sound(string table) =>
        Matrix(table, ("owner-sql", AccessAnswer.SilentlyNo), ("stranger-sql", AccessAnswer.SilentlyNo), ("anon-sql", AccessAnswer.SilentlyNo), ("anon-api", AccessAnswer.SilentlyNo));

    /// <summary>What was found when every question had this answer.</summary>
    public static Diagnosis Diagnosis(AccessAnswer answer, string sentence, params Cure[] cures) => new()
    {
        Table = "stories",
        Identity = Identity.Connection,
        Key = "7",
        Sentence = sentence,
        Code = answer == AccessAnswer.Yes ? null : ErrorCodes.WriteSwallowed,
        Cures = cures,
        Steps = [],
        Measured = [.. Enum.GetValues<AccessQuestion>().Select(question => Cell(Identity.Connection, question, answer))],
        AsOf = Sample.Now,
    };
}
