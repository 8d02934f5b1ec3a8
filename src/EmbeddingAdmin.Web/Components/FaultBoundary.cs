using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Rendering;
using Microsoft.AspNetCore.Components.Web;

namespace EmbeddingAdmin.Web.Components;

/// <summary>Keeps a failure inside its part of the page: logs it under a reference and shows that reference on an <see cref="ErrorCard"/>.</summary>
public sealed partial class FaultBoundary : ErrorBoundaryBase
{
    private Fault? _fault;

    [Inject] public required ILogger<FaultBoundary> Logger { get; init; }

    protected override Task OnErrorAsync(Exception exception)
    {
        _fault = Fault.Of(exception, Fault.NewCorrelation());
        LogFault(Logger, _fault.Correlation!, _fault.Code, exception);
        return Task.CompletedTask;
    }

    protected override void BuildRenderTree(RenderTreeBuilder builder)
    {
        if (CurrentException is null)
        {
            builder.AddContent(0, ChildContent);
            return;
        }
        builder.OpenComponent<ErrorCard>(1);
        builder.AddComponentParameter(2, nameof(ErrorCard.Fault), _fault ?? Fault.Of(CurrentException));
        builder.CloseComponent();
    }

    [LoggerMessage(1, LogLevel.Error, "{Correlation} {Code}: a part of a page failed")]
    private static partial void LogFault(ILogger logger, string correlation, string code, Exception exception);
}
