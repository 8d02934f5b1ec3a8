namespace EmbeddingAdmin.Verification;

/// <summary>The settings of section <c>Verify</c>.</summary>
public sealed class VerifyOptions
{
    /// <summary>Name of the section in the settings.</summary>
    public const string Section = "Verify";

    /// <summary>Seconds, 0 to 3,600, until what a verification found gone or what was written just before it is looked at a second time.</summary>
    public int SecondLookSeconds { get; set; } = 30;

    /// <summary>Every fault of these settings; empty when there is none.</summary>
    public IEnumerable<SettingProblem> Problems()
    {
        if (SecondLookSeconds is < 0 or > 3600)
            yield return new(ErrorCodes.OutOfRange, "Verify:SecondLookSeconds", "It is not a whole number from 0 to 3600. Set one.");
    }
}
